import {
  type Connection,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  ResponseFlag,
} from "@sluice/extension-api";
import { asBuffer } from "../connection/as-buffer.ts";
import { CHAIN_REMOVED, LISTENER_REMOVED, type SocketConnection } from "../connection/socket-connection.ts";
import { WATERMARK_TIMEOUT } from "../connection/watermark-timeout.ts";
import { Deadline } from "../event/timer-queue.ts";
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
import { ConnectionLifetime, DRAINED, FURTHER_DEADLINES } from "./connection-lifetime.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { detectProtocol } from "./detect-protocol.ts";
import { HttpStream } from "./http-stream.ts";
import { PrematureResets } from "./premature-resets.ts";
import type { StreamOwner } from "./stream-owner.ts";
import type { StreamTimers } from "./stream-timers.ts";
import type { UserAgentStats } from "./user-agents.ts";

const HEAD = FURTHER_DEADLINES;

/**
 * One downstream connection under a connection manager: its codec and its streams
 * (envoy.filters.network.http_connection_manager).
 */
export class HttpConnectionManager
  extends ConnectionLifetime
  implements ReadFilter, ServerCodecCallbacks, StreamOwner
{
  /** What came before the protocol was clear. */
  private firstBytes: Buffer | undefined = undefined;
  private readonly connectedAtMs: number;
  private requests = 0;
  /** Runs while a head arrives. */
  private head: Deadline | undefined = undefined;
  private resets: PrematureResets | undefined = undefined;
  /** Its first request has said what kind of client it is. */
  private clientKnown = false;
  private userAgent: UserAgentStats | undefined = undefined;

  constructor(config: ConnectionManagerConfig, connection: SocketConnection) {
    super(config, connection);
    const { stats, worker } = config;
    this.connectedAtMs = worker.clock.nowMs();
    connection.sentCounter = stats.counters.downstream_cx_tx_bytes_total;
    connection.tellBuffered(stats.cxRxBytesBuffered, stats.cxTxBytesBuffered, worker.timers);
    stats.counters.downstream_cx_total.inc();
    stats.cxActive.add(1);
    if (connection.tls !== undefined) {
      stats.counters.downstream_cx_ssl_total.inc();
      stats.cxSslActive.add(1);
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
    this.endDeadlines();
    this.head?.dispose();
    stats.cxActive.sub(1);
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

  countUserAgent(headers: Headers): void {
    if (!this.clientKnown) {
      this.clientKnown = true;
      const userAgent = headers.get("user-agent");
      if (userAgent !== undefined) this.userAgent = this.config.stats.userAgents.find(userAgent);
      this.userAgent?.cxTotal.inc();
    }
    this.userAgent?.rqTotal.inc();
  }

  onStreamDone(timers: StreamTimers, reusable: boolean, info: RequestStreamInfo): void {
    const { codec } = this;
    this.activeStreams--;
    if (this.resets?.exceededBy(info) === true && !this.destroyed) this.onTooManyResets();
    this.config.streamTimers.takeBack(timers);
    if (this.destroyed) return;
    if (codec?.multiplexed === false && !(reusable && codec.reusable)) {
      if (codec.endsCleanly(reusable)) this.connection.lingers = false;
      this.closeAfterFlush(DRAINED);
    } else this.onStreamEnded();
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

  override onDeadline(which: number): void {
    if (which === HEAD) this.onHeadTimeout();
    else super.onDeadline(which);
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
}

const EMPTY = Buffer.alloc(0);

/** The connection of a filter in this process is always a socket's. */
export function asSocketConnection(connection: Connection): SocketConnection {
  return connection as SocketConnection;
}
