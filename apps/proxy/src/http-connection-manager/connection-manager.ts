import {
  type Connection,
  type ConnectionDrain,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  ResponseFlag,
} from "@sluice/extension-api";
import { asBuffer } from "../connection/as-buffer.ts";
import { CHAIN_REMOVED, LISTENER_REMOVED, type SocketConnection } from "../connection/socket-connection.ts";
import { WATERMARK_TIMEOUT } from "../connection/watermark-timeout.ts";
import { scaledDeadline } from "../event/scaled-deadline.ts";
import { Deadline, type DeadlineOwner } from "../event/timer-queue.ts";
import type {
  CodecError,
  RequestStream,
  ResponseEncoder,
  ServerCodec,
  ServerCodecCallbacks,
} from "../http/codec.ts";
import { Http1ServerCodec } from "../http/h1/server-codec.ts";
import { Http2ServerCodec } from "../http/h2/server-codec.ts";
import type { Headers } from "../http/header-map.ts";
import { LoadShedPoint } from "../overload/overload-state.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { detectProtocol } from "./detect-protocol.ts";
import { HttpStream } from "./http-stream.ts";
import { PrematureResets } from "./premature-resets.ts";
import type { StreamTimers } from "./stream-timers.ts";
import type { UserAgentStats } from "./user-agents.ts";

const IDLE = 0;
const DRAIN = 1;
const LIFETIME = 2;
const DELAYED_CLOSE = 3;
const HEAD = 4;
const OWN_END = 5;

/** As Envoy: the last third of the drain time is for connections that have had no response to end behind. */
const RAMP_SHARE = 2 / 3;

/**
 * One downstream connection under a connection manager: its codec, its streams and its timers
 * (envoy.filters.network.http_connection_manager).
 */
export class HttpConnectionManager implements ReadFilter, ServerCodecCallbacks, DeadlineOwner {
  readonly config: ConnectionManagerConfig;
  readonly connection: SocketConnection;
  private codec: ServerCodec | undefined = undefined;
  /** What came before the protocol was clear. */
  private firstBytes: Buffer | undefined = undefined;
  private readonly connectedAtMs: number;
  private activeStreams = 0;
  private requests = 0;
  /** The peer has been told that the connection will end. */
  private draining = false;
  /** Of its listener, which is to go. */
  private listenerDrain: ConnectionDrain | undefined = undefined;
  /** When it ends without a response to end behind. */
  private ownEnd: Deadline | undefined = undefined;
  /** Streams that a drained listener does not wait for. */
  private tunnels: Set<HttpStream> | undefined = undefined;
  /** It ends with its last stream. */
  private ending = false;
  private destroyed = false;
  private readonly idle: Deadline;
  private drainTimeout: Deadline | undefined = undefined;
  private lifetime: Deadline | undefined = undefined;
  private delayedClose: Deadline | undefined = undefined;
  /** Runs while a head arrives. */
  private head: Deadline | undefined = undefined;
  private headBegun = false;
  /** It waits for a next response to end behind. */
  private softDraining = false;
  private resets: PrematureResets | undefined = undefined;
  /** Its first request has said what kind of client it is. */
  private clientKnown = false;
  private userAgent: UserAgentStats | undefined = undefined;

  constructor(config: ConnectionManagerConfig, connection: SocketConnection) {
    this.config = config;
    this.connection = connection;
    connection.lingers = config.delayedCloseTimeoutMs > 0;
    const { clock, timers } = config.worker;
    this.connectedAtMs = clock.nowMs();
    this.idle = scaledDeadline(timers, this, IDLE, "HTTP_DOWNSTREAM_CONNECTION_IDLE");
    const { stats } = config;
    connection.sentCounter = stats.counters.downstream_cx_tx_bytes_total;
    stats.counters.downstream_cx_total.inc();
    stats.cxActive.add(1);
    this.armIdle();
    if (connection.tls !== undefined) {
      stats.counters.downstream_cx_ssl_total.inc();
      stats.cxSslActive.add(1);
    }
    if (config.maxConnectionDurationMs > 0) {
      this.lifetime = scaledDeadline(timers, this, LIFETIME, "HTTP_DOWNSTREAM_CONNECTION_MAX");
      this.lifetime.set(
        this.jittered(config.maxConnectionDurationMs, config.maxConnectionDurationJitterPercent),
      );
    }
  }

  initializeReadFilterCallbacks(_callbacks: ReadFilterCallbacks): void {
    // The connection came with the constructor.
  }

  onNewConnection(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.config.stats.counters.downstream_cx_rx_bytes_total.add(chunk.length);
    if (chunk.length > 0) {
      let input = asBuffer(chunk);
      if (this.codec === undefined) {
        if (this.config.worker.overload.sheds(LoadShedPoint.CreateCodec)) {
          this.config.stats.counters.downstream_rq_overload_close.inc();
          this.connection.close("noFlush", "overload");
          return NetworkFilterStatus.StopIteration;
        }
        if (this.firstBytes !== undefined) input = Buffer.concat([this.firstBytes, input]);
        const protocol = this.protocolOf(input);
        if (protocol !== undefined) this.codec = this.createCodec(protocol);
        this.firstBytes = protocol === undefined ? input : undefined;
      }
      this.dispatch(input);
      if (!this.destroyed) this.watchHead(this.codec);
    }
    // As Envoy: a client that half-closes has left, a tunnel's too.
    if (endStream && !this.destroyed) this.connection.close("noFlush", "");
    return NetworkFilterStatus.StopIteration;
  }

  private dispatch(input: Buffer): undefined {
    const { codec } = this;
    if (codec === undefined) return;
    const { overload } = this.config.worker;
    if (codec.multiplexed) {
      if (this.connection.state !== "open") return;
      if (overload.sheds(LoadShedPoint.Http2GoAwayAndClose)) return this.giveUp(codec);
      if (overload.sheds(LoadShedPoint.Http2GoAway)) this.startDrain();
    } else if (!codec.busy && overload.sheds(LoadShedPoint.Http1Dispatch)) {
      codec.failOverloaded();
      return;
    }
    codec.dispatch(input);
  }

  /** An overloaded HTTP/2 connection goes, streams and all. */
  private giveUp(codec: ServerCodec): undefined {
    if (this.activeStreams > 0) this.countCut();
    this.draining = true;
    codec.failOverloaded();
    this.closeAfterFlush("forced_goaway");
  }

  /**
   * The connection is to end: the peer is told, and has `drain_timeout` for what is on its way, since to close at once would
   * cost that request. Then the connection takes no more and ends with its last stream.
   */
  startDrain(): void {
    if (this.draining || this.destroyed) return;
    this.draining = true;
    this.ownEnd?.clear();
    this.codec?.notifyShutdown();
    const { drainTimeoutMs, drainTimeoutJitterPercent } = this.config;
    if (drainTimeoutMs > 0) {
      this.drainTimeout = new Deadline(this.config.worker.timers, this, DRAIN);
      this.drainTimeout.set(this.jittered(drainTimeoutMs, drainTimeoutJitterPercent));
    } else if (this.codec === undefined || this.codec.multiplexed || !this.codec.busy)
      this.endWithLastStream();
  }

  drain(drain: ConnectionDrain): void {
    // Where there is no room Envoy tells nobody, and cuts what is under way when the time is up.
    if (drain.atOnce || !drain.hasRoom(RAMP_SHARE, this.config.drainTimeoutMs)) {
      this.startDrain();
      return;
    }
    if (this.listenerDrain !== undefined || this.destroyed) return;
    this.listenerDrain = drain;
    const delayMs = this.draining ? 0 : drain.ownEndMs(RAMP_SHARE, this.config.drainTimeoutMs);
    if (delayMs === 0) return;
    this.ownEnd = new Deadline(this.config.worker.timers, this, OWN_END);
    this.ownEnd.set(delayMs);
  }

  private onOwnEnd(): void {
    this.config.stats.counters.downstream_cx_drain_close.inc();
    if (this.codec === undefined) this.closeAfterFlush("drain");
    else this.startDrain();
  }

  /** Before each response's head: the listener may be draining. */
  drainIfAsked(): void {
    if (this.draining) return;
    const { worker, stats } = this.config;
    if (worker.drain.drainClose() || this.listenerDrain?.closesNow(RAMP_SHARE) === true)
      stats.counters.downstream_cx_drain_close.inc();
    else if (worker.overload.takes("envoy.overload_actions.disable_http_keepalive")) {
      stats.counters.downstream_cx_drain_close.inc();
      stats.counters.downstream_cx_overload_disable_keepalive.inc();
    } else return;
    this.startDrain();
  }

  onDestroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { stats, worker } = this.config;
    const { codec } = this;
    const { closeDetails } = this.connection;
    const local = closeDetails !== "";
    const stuck = closeDetails === WATERMARK_TIMEOUT;
    const c = stats.counters;
    c.downstream_cx_destroy.inc();
    (local ? c.downstream_cx_destroy_local : c.downstream_cx_destroy_remote).inc();
    if (this.activeStreams > 0 || (codec?.readingHead === true && !codec.multiplexed)) {
      c.downstream_cx_destroy_active_rq.inc();
      // As Envoy: only where the connection manager itself ends them.
      (local && !stuck
        ? c.downstream_cx_destroy_local_active_rq
        : c.downstream_cx_destroy_remote_active_rq
      ).inc();
      if (!local) this.userAgent?.cxDestroyRemoteActiveRq.inc();
    }
    if (codec?.streamSource !== undefined) worker.highMemory?.delete(codec.streamSource);
    const cut = stuck || closeDetails === LISTENER_REMOVED || closeDetails === CHAIN_REMOVED;
    codec?.onConnectionClosed(cut ? `downstream_local_disconnect(${closeDetails})` : "");
    this.idle.dispose();
    this.drainTimeout?.dispose();
    this.ownEnd?.dispose();
    this.delayedClose?.dispose();
    this.head?.dispose();
    this.lifetime?.dispose();
    stats.cxActive.sub(1);
    if (this.softDraining) stats.cxHttp1SoftDrain.sub(1);
    if (this.connection.tls !== undefined) stats.cxSslActive.sub(1);
    if (codec !== undefined) (codec.multiplexed ? stats.cxHttp2Active : stats.cxHttp1Active).sub(1);
    const lengthMs = worker.clock.nowMs() - this.connectedAtMs;
    stats.cxLengthMs.record(lengthMs);
    this.userAgent?.cxLengthMs.record(lengthMs);
  }

  // ── codec callbacks ─────────────────────────────────────────────────────────────────────────────────────────────────

  newStream(encoder: ResponseEncoder): RequestStream {
    const { config } = this;
    this.idle.clear();
    if (this.headBegun) this.endHead();
    this.activeStreams++;
    this.requests++;
    if (config.maxRequestsPerConnection !== 0 && this.requests >= config.maxRequestsPerConnection) {
      config.stats.counters.downstream_cx_max_requests_reached.inc();
      this.startDrain();
    }
    return new HttpStream(this, encoder);
  }

  onHeadBegun(): void {
    this.watchHead(this.codec);
  }

  onProtocolError({ details }: CodecError, cut: boolean): void {
    const { connection } = this;
    if (cut) this.countCut();
    this.config.stats.counters.downstream_cx_protocol_error.inc();
    connection.streamInfo?.setResponseFlag(ResponseFlag.DownstreamProtocolError);
    const reason = `codec_error:${details.replaceAll(" ", "_")}`;
    // The answer to it may have begun to close the connection.
    if (connection.closeDetails === DRAINED) connection.closeDetails = reason;
    this.closeAfterFlush(reason);
  }

  onFlood(details: string, cut: boolean): void {
    if (cut) this.countCut();
    this.closeAfterFlush(details);
  }

  /** This side ends the connection with streams on it. */
  private countCut(): void {
    const { counters } = this.config.stats;
    counters.downstream_cx_destroy_active_rq.inc();
    counters.downstream_cx_destroy_local_active_rq.inc();
  }

  onHeadersDropped(_count: number): void {
    this.config.worker.log.debug("dropped headers with underscores");
  }

  // ── for its streams ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** As Envoy: what the first request says of the client holds for the connection. */
  countUserAgent(headers: Headers): void {
    if (!this.clientKnown) {
      this.clientKnown = true;
      const userAgent = headers.get("user-agent");
      if (userAgent !== undefined) this.userAgent = this.config.stats.userAgents.find(userAgent);
      this.userAgent?.cxTotal.inc();
    }
    this.userAgent?.rqTotal.inc();
  }

  /** A stream is through, and gives its timers back. `reusable`: its messages both ended properly. */
  onStreamDone(timers: StreamTimers, reusable: boolean, info: RequestStreamInfo): void {
    const { codec } = this;
    this.activeStreams--;
    if (this.resets?.exceededBy(info) === true && !this.destroyed) this.onTooManyResets();
    this.config.streamTimers.takeBack(timers);
    if (this.destroyed) return;
    if (codec?.multiplexed === false && !(reusable && codec.reusable)) {
      // As Envoy: behind a request that has been read whole nothing is left that a reset could cost the client.
      if (reusable) this.connection.lingers = false;
      this.closeAfterFlush(DRAINED);
    } else if (this.activeStreams > 0) return;
    else if (this.ending) this.closeAfterFlush(DRAINED);
    else this.armIdle();
  }

  onTunnel(stream: HttpStream): void {
    this.tunnels ??= new Set();
    this.tunnels.add(stream);
  }

  onTunnelDone(stream: HttpStream): void {
    this.tunnels?.delete(stream);
  }

  private onTooManyResets(): void {
    this.config.stats.counters.downstream_rq_too_many_premature_resets.inc();
    this.connection.close("abort", "too_many_premature_resets");
  }

  // ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** `undefined`: `input` may become either protocol's first bytes. */
  private protocolOf(input: Buffer): "http1" | "http2" | undefined {
    const { codecType } = this.config;
    return codecType === "auto" ? detectProtocol(this.connection.tls?.alpn, input) : codecType;
  }

  private createCodec(protocol: "http1" | "http2"): ServerCodec {
    const { config, connection } = this;
    const { stats } = config;
    if (protocol === "http2") {
      stats.counters.downstream_cx_http2_total.inc();
      stats.cxHttp2Active.add(1);
      this.resets = new PrematureResets(config.worker.runtime);
    } else {
      stats.counters.downstream_cx_http1_total.inc();
      stats.cxHttp1Active.add(1);
    }
    const codec =
      protocol === "http2"
        ? new Http2ServerCodec(connection, this, config.http2)
        : new Http1ServerCodec(connection, this, config.http1);
    if (this.draining) codec.notifyShutdown();
    if (codec.streamSource !== undefined) config.worker.highMemory?.add(codec.streamSource);
    return codec;
  }

  /** A request lasts from its first octet on: while its head arrives the connection is not idle, and has its limits already. */
  private watchHead(codec: ServerCodec | undefined): undefined {
    if ((codec === undefined || codec.readingHead) === this.headBegun) return;
    if (this.headBegun) {
      this.endHead();
      if (this.activeStreams === 0 && !this.destroyed) this.armIdle();
      return;
    }
    this.headBegun = true;
    this.idle.clear();
    const { http1HeadLimit, requestHeadersTimeoutMs, worker } = this.config;
    const limitMs = codec?.multiplexed === true ? requestHeadersTimeoutMs : (http1HeadLimit?.ms ?? 0);
    if (limitMs === 0) return;
    this.head ??= new Deadline(worker.timers, this, HEAD);
    this.head.set(limitMs);
  }

  private endHead(): void {
    this.headBegun = false;
    this.head?.clear();
  }

  private endWithLastStream(): void {
    this.ending = true;
    this.codec?.goAway();
    if (this.listenerDrain !== undefined) for (const tunnel of this.tunnels ?? []) tunnel.endForDrain();
    // For a listener that goes in its time a request of HTTP/1 is one from its first octet on.
    const begun = this.listenerDrain !== undefined && this.headBegun && this.codec?.multiplexed === false;
    if (this.activeStreams === 0 && !begun) this.closeAfterFlush(DRAINED);
  }

  private closeAfterFlush(details: string): undefined {
    const { connection } = this;
    this.codec?.stop();
    if (connection.state !== "open") return;
    connection.close("flush", details);
    if (this.config.delayedCloseTimeoutMs > 0 && !this.destroyed) {
      this.delayedClose ??= new Deadline(this.config.worker.timers, this, DELAYED_CLOSE);
      this.delayedClose.set(this.config.delayedCloseTimeoutMs);
    }
  }

  /** Up to `percent` more. */
  private jittered(ms: number, percent: number): number {
    if (percent === 0) return ms;
    return ms * (1 + (percent / 100) * (this.config.worker.random.uint32() / 0x1_0000_0000));
  }

  private armIdle(): void {
    if (this.config.idleTimeoutMs > 0) this.idle.set(this.config.idleTimeoutMs);
  }

  onDeadline(which: number): void {
    if (which === IDLE) this.onIdle();
    else if (which === DRAIN) this.endWithLastStream();
    else if (which === LIFETIME) this.onMaxDuration();
    else if (which === HEAD) this.onHeadTimeout();
    else if (which === OWN_END) this.onOwnEnd();
    else {
      this.config.stats.counters.downstream_cx_delayed_close_timeout.inc();
      this.connection.close("noFlush", "delayed close timeout");
    }
  }

  private onIdle(): void {
    this.config.stats.counters.downstream_cx_idle_timeout.inc();
    if (this.codec === undefined) this.closeAfterFlush("on_idle_timeout");
    else this.startDrain();
  }

  private onHeadTimeout(): void {
    this.headBegun = false;
    let { codec } = this;
    if (codec === undefined) {
      // What may still become HTTP/2 is a head of HTTP/1 to Envoy.
      codec = this.createCodec("http1");
      this.codec = codec;
      codec.dispatch(this.firstBytes ?? EMPTY);
    }
    codec.failHead(codec.multiplexed ? "head" : (this.config.http1HeadLimit?.which ?? "head"));
  }

  private onMaxDuration(): void {
    const { stats, http1SafeMaxConnectionDuration } = this.config;
    stats.counters.downstream_cx_max_duration_reached.inc();
    if (this.codec === undefined) this.connection.close("noFlush", "duration_timeout");
    else if (!http1SafeMaxConnectionDuration || this.codec.multiplexed) this.startDrain();
    else if (!this.draining) {
      this.draining = true;
      this.softDraining = true;
      stats.cxHttp1SoftDrain.add(1);
      this.codec.notifyShutdown();
    }
  }
}

const EMPTY = Buffer.alloc(0);

/** Envoy's word for a connection that is closed because nothing more is to come. */
const DRAINED = "deferred_close_on_drained_connection";

/** The connection of a filter in this process is always a socket's. */
export function asSocketConnection(connection: Connection): SocketConnection {
  return connection as SocketConnection;
}
