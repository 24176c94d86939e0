import type { Clock, Timers } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../cluster/thread-local-cluster.ts";
import { Deadline } from "../connection/deadline.ts";
import { type ConnectionSink, SocketConnection } from "../connection/socket-connection.ts";
import type { CodecError, StreamResetReason } from "../http/codec.ts";
import { Http1ClientCodec } from "../http/h1/client-codec.ts";

export interface ConnectionOwner {
  onConnected(connection: Http1Connection): void;
  /** It never got as far as being connected. */
  onConnectFailed(connection: Http1Connection, reason: StreamResetReason, transportFailure: string): void;
  onIdle(connection: Http1Connection): void;
  onClosed(connection: Http1Connection): void;
}

/** A connection to an upstream host, for HTTP/1.1: one exchange at a time. */
export class Http1Connection implements ConnectionSink {
  readonly codec: Http1ClientCodec;
  readonly connection: SocketConnection;
  readonly host: Host;
  exchanges = 0;
  connected = false;
  closed = false;
  private readonly info: ClusterInfo;
  private readonly owner: ConnectionOwner;
  private readonly clock: Clock;
  private readonly startedAtMs: number;
  private readonly deadline: Deadline;
  private timedOut = false;

  constructor(info: ClusterInfo, host: Host, owner: ConnectionOwner, clock: Clock, timers: Timers) {
    this.info = info;
    this.host = host;
    this.owner = owner;
    this.clock = clock;
    this.startedAtMs = clock.nowMs();
    const socket = info.connect(host);
    const secure = "encrypted" in socket;
    this.connection = new SocketConnection(socket, info.bufferLimitBytes);
    this.codec = new Http1ClientCodec(this.connection, this, {
      headBytesMax: info.maxResponseHeadersKb * 1024,
      headersMax: info.maxResponseHeadersCount,
      trailers: false,
    });
    this.connection.attach(this);
    this.connection.sentCounter = info.stats.upstreamCxTxBytesTotal;
    this.deadline = new Deadline(clock, timers, () => this.onDeadline());
    this.deadline.set(info.connectTimeoutMs);
    socket.once(secure ? "secureConnect" : "connect", () => this.onConnect());
    const { stats } = info;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxHttp1Total.inc();
    stats.upstreamCxActive.add(1);
    host.stats.cxTotal.inc();
    host.stats.cxActive.add(1);
  }

  /** Parks it, or lets it go when the pool has no use for it. */
  startIdle(): void {
    if (this.info.idleTimeoutMs > 0) this.deadline.set(this.info.idleTimeoutMs);
  }

  stopIdle(): void {
    this.deadline.clear();
  }

  close(details: string): void {
    if (!this.closed) this.connection.close("noFlush", details);
  }

  onData(chunk: Buffer, endStream: boolean): void {
    this.info.stats.upstreamCxRxBytesTotal.add(chunk.length);
    if (chunk.length > 0) this.codec.dispatch(chunk);
    if (endStream && !this.closed) {
      if (this.codec.active) this.codec.onConnectionClosed("connection termination", "");
      this.connection.close("noFlush", "");
    }
  }

  onClose(by: "local" | "remote", error: NodeJS.ErrnoException | undefined): void {
    this.closed = true;
    this.deadline.dispose();
    const { stats } = this.info;
    stats.upstreamCxActive.sub(1);
    this.host.stats.cxActive.sub(1);
    stats.upstreamCxDestroy.inc();
    (by === "local" ? stats.upstreamCxDestroyLocal : stats.upstreamCxDestroyRemote).inc();
    stats.upstreamCxLengthMs.record(this.clock.nowMs() - this.startedAtMs);
    if (!this.connected) {
      stats.upstreamCxConnectFail.inc();
      this.host.stats.cxConnectFail.inc();
      if (this.timedOut) stats.upstreamCxConnectTimeout.inc();
      const reason = this.timedOut ? "connection timeout" : "remote connection failure";
      this.owner.onConnectFailed(this, reason, this.timedOut ? "" : connectFailureText(error));
    } else if (this.codec.active) {
      stats.upstreamCxDestroyWithActiveRq.inc();
      (by === "local"
        ? stats.upstreamCxDestroyLocalWithActiveRq
        : stats.upstreamCxDestroyRemoteWithActiveRq
      ).inc();
      this.codec.onConnectionClosed("connection termination", "");
    }
    this.owner.onClosed(this);
  }

  onExchangeComplete(reusable: boolean): void {
    if (this.closed) return;
    if (!reusable) this.close("done");
    else this.owner.onIdle(this);
  }

  onProtocolError(_error: CodecError): void {
    this.info.stats.upstreamCxProtocolError.inc();
    this.close("protocol error");
  }

  private onConnect(): void {
    if (this.closed) return;
    this.connected = true;
    this.deadline.clear();
    this.info.stats.upstreamCxConnectMs.record(this.clock.nowMs() - this.startedAtMs);
    this.owner.onConnected(this);
  }

  private onDeadline(): void {
    if (this.connected) this.info.stats.upstreamCxIdleTimeout.inc();
    else this.timedOut = true;
    this.close(this.connected ? "idle timeout" : "connect timeout");
  }
}

const CONNECT_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  ETIMEDOUT: "Connection timed out",
  ECONNRESET: "Connection reset by peer",
};

/** As the operating system words it, which is what Envoy reports. */
function connectFailureText(error: NodeJS.ErrnoException | undefined): string {
  if (error === undefined) return "";
  const known = CONNECT_ERRORS[error.code ?? ""];
  return known === undefined ? error.message : `delayed connect error: ${known}`;
}
