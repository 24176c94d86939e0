import type { Socket } from "node:net";
import type { Clock, Timers } from "@sluice/extension-api";
import type { ClusterInfo, Host, Resource } from "../cluster/thread-local-cluster.ts";
import { Deadline } from "../connection/deadline.ts";
import { type ConnectionSink, SocketConnection } from "../connection/socket-connection.ts";
import type { ClientCodec, ClientCodecCallbacks, CodecError, StreamResetReason } from "../http/codec.ts";
import { Http1ClientCodec } from "../http/h1/client-codec.ts";
import { transportFailureReason } from "../transport-socket/transport-failure-reason.ts";
import {
  type ConnectOptions,
  tlsInfoOf,
  whenTransportReady,
} from "../transport-socket/upstream-transport-socket.ts";

export interface ConnectionOwner {
  onConnected(connection: UpstreamConnection): void;
  /** It never got as far as being connected. */
  onConnectFailed(connection: UpstreamConnection, reason: StreamResetReason, transportFailure: string): void;
  onStreamClosed(connection: UpstreamConnection, reusable: boolean): void;
  onGoAway(connection: UpstreamConnection): void;
  onStreamLimit(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
}

/** Where a connection stands in its pool. */
export const ConnectionState = { Connecting: 0, Ready: 1, Busy: 2, Draining: 3, Closed: 4 } as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];

const HTTP1_OPTIONS: ConnectOptions = { fallbackAlpn: ["http/1.1"] };

/** A connection to an upstream host: its socket, its codec, its deadlines and its figures. The pool decides what it carries. */
export class UpstreamConnection implements ConnectionSink, ClientCodecCallbacks {
  readonly codec: ClientCodec;
  readonly connection: SocketConnection;
  readonly host: Host;
  /** The pool's. */
  state: ConnectionState = ConnectionState.Connecting;
  /** Streams that it may still begin (`max_requests_per_connection`). */
  streamsLeft: number;
  /** Given back when it closes; nothing where it was opened past the limit. */
  private held: Resource | undefined;
  private readonly socket: Socket;
  private readonly info: ClusterInfo;
  private readonly owner: ConnectionOwner;
  private readonly clock: Clock;
  private readonly startedAtMs: number;
  private readonly deadline: Deadline;
  private timedOut = false;
  private cutShort = false;

  constructor(
    info: ClusterInfo,
    host: Host,
    owner: ConnectionOwner,
    held: Resource | undefined,
    clock: Clock,
    timers: Timers,
  ) {
    this.info = info;
    this.host = host;
    this.owner = owner;
    this.held = held;
    this.clock = clock;
    this.startedAtMs = clock.nowMs();
    this.streamsLeft =
      info.http.maxRequestsPerConnection > 0 ? info.http.maxRequestsPerConnection : Number.POSITIVE_INFINITY;
    const socket = info.connect(host, HTTP1_OPTIONS);
    this.socket = socket;
    this.connection = new SocketConnection(socket, info.bufferLimitBytes);
    this.codec = new Http1ClientCodec(this.connection, this, info.http1);
    this.connection.attach(this);
    this.connection.sentCounter = info.stats.upstreamCxTxBytesTotal;
    this.deadline = new Deadline(clock, timers, () => this.onDeadline());
    this.deadline.set(info.connectTimeoutMs);
    whenTransportReady(socket, () => this.onConnect());
    const { stats } = info;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxHttp1Total.inc();
    stats.upstreamCxActive.add(1);
    host.stats.cxTotal.inc();
    host.stats.cxActive.add(1);
  }

  get closed(): boolean {
    return this.state === ConnectionState.Closed;
  }

  /** Nothing is on it: it may stay so for the idle timeout. */
  startIdle(): void {
    if (this.info.http.idleTimeoutMs > 0) this.deadline.set(this.info.http.idleTimeoutMs);
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
    if (endStream) this.connection.close("noFlush", "");
  }

  onClose(by: "local" | "remote", error: NodeJS.ErrnoException | undefined): void {
    const connecting = this.state === ConnectionState.Connecting;
    this.state = ConnectionState.Closed;
    this.deadline.dispose();
    const { stats } = this.info;
    const cut = this.codec.onConnectionClosed("connection termination", "") || this.cutShort;
    stats.upstreamCxActive.sub(1);
    this.host.stats.cxActive.sub(1);
    this.held?.release();
    this.held = undefined;
    stats.upstreamCxDestroy.inc();
    (by === "local" ? stats.upstreamCxDestroyLocal : stats.upstreamCxDestroyRemote).inc();
    stats.upstreamCxLengthMs.record(this.clock.nowMs() - this.startedAtMs);
    if (connecting) {
      stats.upstreamCxConnectFail.inc();
      this.host.stats.cxConnectFail.inc();
      if (this.timedOut) stats.upstreamCxConnectTimeout.inc();
      const reason = this.timedOut
        ? "connection timeout"
        : by === "local"
          ? "local connection failure"
          : "remote connection failure";
      this.owner.onConnectFailed(this, reason, this.timedOut ? "" : transportFailureReason(error));
    } else if (cut) {
      stats.upstreamCxDestroyWithActiveRq.inc();
      (by === "local"
        ? stats.upstreamCxDestroyLocalWithActiveRq
        : stats.upstreamCxDestroyRemoteWithActiveRq
      ).inc();
    }
    this.owner.onClosed(this);
  }

  // ── from the codec ──────────────────────────────────────────────────────────────────────────────────────────────────

  onStreamClosed(reusable: boolean, complete: boolean): void {
    if (!reusable && !complete) this.cutShort = true;
    this.owner.onStreamClosed(this, reusable);
  }

  onGoAway(): void {
    this.owner.onGoAway(this);
  }

  onStreamLimit(): void {
    this.owner.onStreamLimit(this);
  }

  onProtocolError(_error: CodecError): void {
    this.info.stats.upstreamCxProtocolError.inc();
    this.close("protocol error");
  }

  // ── deadlines ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private onConnect(): void {
    if (this.closed) return;
    this.deadline.clear();
    this.connection.refreshAddresses();
    this.connection.tls = tlsInfoOf(this.socket);
    this.info.stats.upstreamCxConnectMs.record(this.clock.nowMs() - this.startedAtMs);
    this.owner.onConnected(this);
  }

  private onDeadline(): void {
    const connecting = this.state === ConnectionState.Connecting;
    if (connecting) this.timedOut = true;
    else this.info.stats.upstreamCxIdleTimeout.inc();
    this.close(connecting ? "connect timeout" : "idle timeout");
  }
}
