import {
  type Connection,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  ResponseFlag,
} from "@sluice/extension-api";
import { Deadline } from "../connection/deadline.ts";
import type { SocketConnection } from "../connection/socket-connection.ts";
import type { CodecError, RequestStream, ResponseEncoder } from "./codec.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { Http1ServerCodec } from "./h1/server-codec.ts";
import { HttpStream } from "./http-stream.ts";

/**
 * One downstream connection under a connection manager: its codec, its streams and its timers
 * (envoy.filters.network.http_connection_manager).
 */
export class HttpConnectionManager implements ReadFilter {
  readonly config: ConnectionManagerConfig;
  readonly connection: SocketConnection;
  /** The connection ends after the response in progress. */
  closing = false;
  private readonly codec: Http1ServerCodec;
  private readonly connectedAtMs: number;
  private stream: HttpStream | undefined = undefined;
  private requests = 0;
  private destroyed = false;
  private readonly idle: Deadline;
  private readonly lifetime: Deadline | undefined;
  private readonly delayedClose: Deadline;
  private readonly headTimeout: Deadline | undefined;
  /** Shared by the streams one after the other. */
  readonly streamIdle: Deadline;
  readonly requestTimeout: Deadline;

  constructor(config: ConnectionManagerConfig, connection: SocketConnection) {
    this.config = config;
    this.connection = connection;
    connection.lingers = config.delayedCloseTimeoutMs > 0;
    const { clock, timers } = config.worker;
    this.codec = new Http1ServerCodec(connection, this, config.http1);
    this.connectedAtMs = clock.nowMs();
    this.idle = new Deadline(clock, timers, () => this.onIdle());
    this.delayedClose = new Deadline(clock, timers, () => {
      config.stats.counters.downstream_cx_delayed_close_timeout.inc();
      connection.close("noFlush", "delayed close timeout");
    });
    this.streamIdle = new Deadline(clock, timers, () => this.stream?.onIdleTimeout());
    this.requestTimeout = new Deadline(clock, timers, () => this.stream?.onRequestTimeout());
    this.headTimeout =
      config.requestHeadersTimeoutMs === 0
        ? undefined
        : new Deadline(clock, timers, () => this.onHeadTimeout());
    this.lifetime =
      config.maxConnectionDurationMs === 0
        ? undefined
        : new Deadline(clock, timers, () => this.onMaxDuration());
    const { stats } = config;
    connection.sentCounter = stats.counters.downstream_cx_tx_bytes_total;
    stats.counters.downstream_cx_total.inc();
    stats.counters.downstream_cx_http1_total.inc();
    stats.cxActive.add(1);
    stats.cxHttp1Active.add(1);
    this.armIdle();
    this.lifetime?.set(config.maxConnectionDurationMs);
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
      this.codec.dispatch(asBuffer(chunk));
      if (
        this.headTimeout !== undefined &&
        this.stream === undefined &&
        !this.headTimeout.isSet &&
        this.codec.busy
      ) {
        this.headTimeout.set(this.config.requestHeadersTimeoutMs);
      }
    }
    // As Envoy: a client that half-closes has left, a tunnel's too.
    if (endStream && !this.destroyed) this.connection.close("noFlush", "");
    return NetworkFilterStatus.StopIteration;
  }

  /**
   * The listener is going: the next response says so and is the last. An idle connection has `drain_timeout` for it, since
   * to close at once would cost the request that is on its way.
   */
  drain(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.stream !== undefined) return;
    const { drainTimeoutMs } = this.config;
    if (drainTimeoutMs > 0) this.idle.set(drainTimeoutMs);
    else if (!this.codec.busy) this.closeAfterFlush("drained");
  }

  onDestroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { stats, worker } = this.config;
    const local = this.connection.closeDetails !== "";
    const c = stats.counters;
    c.downstream_cx_destroy.inc();
    (local ? c.downstream_cx_destroy_local : c.downstream_cx_destroy_remote).inc();
    if (this.stream !== undefined) {
      c.downstream_cx_destroy_active_rq.inc();
      (local ? c.downstream_cx_destroy_local_active_rq : c.downstream_cx_destroy_remote_active_rq).inc();
    }
    this.codec.onConnectionClosed();
    this.idle.dispose();
    this.delayedClose.dispose();
    this.streamIdle.dispose();
    this.requestTimeout.dispose();
    this.headTimeout?.dispose();
    this.lifetime?.dispose();
    stats.cxActive.sub(1);
    stats.cxHttp1Active.sub(1);
    stats.cxLengthMs.record(worker.clock.nowMs() - this.connectedAtMs);
  }

  // ── codec callbacks ─────────────────────────────────────────────────────────────────────────────────────────────────

  newStream(encoder: ResponseEncoder): RequestStream {
    const { config } = this;
    this.idle.clear();
    this.headTimeout?.clear();
    this.requests++;
    if (config.maxRequestsPerConnection !== 0 && this.requests >= config.maxRequestsPerConnection) {
      this.closing = true;
      config.stats.counters.downstream_cx_max_requests_reached.inc();
    }
    const stream = new HttpStream(this, encoder);
    this.stream = stream;
    return stream;
  }

  onProtocolError(_error: CodecError): void {
    this.config.stats.counters.downstream_cx_protocol_error.inc();
    this.closeAfterFlush("protocol error");
  }

  onHeadersDropped(_count: number): void {
    this.config.worker.log.debug("dropped headers with underscores");
  }

  /** A stream is through. `reusable`: its messages both ended properly. */
  onStreamDone(stream: HttpStream, reusable: boolean): void {
    if (this.stream !== stream) return;
    this.stream = undefined;
    this.streamIdle.clear();
    this.requestTimeout.clear();
    if (this.destroyed) return;
    if (!reusable || this.closing) this.closeAfterFlush("closing");
    else this.armIdle();
  }

  private closeAfterFlush(details: string): undefined {
    const { connection } = this;
    this.codec.stop();
    if (connection.state !== "open") return;
    connection.close("flush", details);
    if (this.config.delayedCloseTimeoutMs > 0 && !this.destroyed) {
      this.delayedClose.set(this.config.delayedCloseTimeoutMs);
    }
  }

  private armIdle(): void {
    if (this.config.idleTimeoutMs > 0) this.idle.set(this.config.idleTimeoutMs);
  }

  private onIdle(): void {
    if (this.closing) {
      this.closeAfterFlush("drained");
      return;
    }
    this.config.stats.counters.downstream_cx_idle_timeout.inc();
    this.closeAfterFlush("idle timeout");
  }

  private onMaxDuration(): void {
    this.config.stats.counters.downstream_cx_max_duration_reached.inc();
    this.drain();
  }

  private onHeadTimeout(): void {
    this.config.stats.counters.downstream_rq_header_timeout.inc();
    const stream = new HttpStream(this, this.codec);
    this.stream = stream;
    stream.streamInfo.setResponseFlag(ResponseFlag.DownstreamProtocolError);
    this.closing = true;
    stream.replyBeforeHeaders(408, "Request Timeout", "request_header_timeout");
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** The connection of a filter in this process is always a socket's. */
export function asSocketConnection(connection: Connection): SocketConnection {
  return connection as SocketConnection;
}
