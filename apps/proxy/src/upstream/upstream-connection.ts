import type { Socket } from "node:net";
import type { Clock, ConnectionInfo, Random } from "@sluice/extension-api";
import type { ClusterInfo, Host, Resource } from "../cluster/thread-local-cluster.ts";
import { type ConnectionSink, SocketConnection } from "../connection/socket-connection.ts";
import { Deadline, type DeadlineOwner, type TimerQueue } from "../event/timer-queue.ts";
import type {
  ClientCodec,
  ClientCodecCallbacks,
  CodecError,
  RequestEncoder,
  ResponseStream,
  StreamResetReason,
} from "../http/codec.ts";
import { isBindError, transportFailureReason } from "../transport-socket/transport-failure-reason.ts";
import { tlsInfoOf, whenTransportReady } from "../transport-socket/upstream-transport-socket.ts";
import { noteConnecting, noteReady } from "./connect-times.ts";
import { createClientCodec, type PoolProtocol } from "./create-client-codec.ts";

export interface ConnectionOwner {
  onConnected(connection: UpstreamConnection): void;
  /** It never got as far as being connected. */
  onConnectFailed(connection: UpstreamConnection, reason: StreamResetReason, transportFailure: string): void;
  onStreamClosed(connection: UpstreamConnection, reusable: boolean): void;
  /** It is to begin no more streams: the peer said so, or its time is up. */
  onRetire(connection: UpstreamConnection): void;
  onStreamLimit(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
}

/** Where a connection stands in its pool. */
export const ConnectionState = { Connecting: 0, Ready: 1, Busy: 2, Draining: 3, Closed: 4 } as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];

/** What a pool needs of its worker. */
export interface PoolContext {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
}

const CONNECT_OR_IDLE = 0;
const LIFETIME = 1;
/** Of a connection without a limit: how many it had is what is missing. */
const STREAMS_MAX = Number.MAX_SAFE_INTEGER;

/** A connection to an upstream host: its socket, its codec, its deadlines and its figures. The pool decides what it carries. */
export class UpstreamConnection implements ConnectionSink, ClientCodecCallbacks, DeadlineOwner {
  readonly host: Host;
  /** The pool's. */
  state: ConnectionState = ConnectionState.Connecting;
  /** Streams that it may still begin (`max_requests_per_connection`). */
  streamsLeft: number;
  /** Streams that it was expected to take when it was opened. */
  readonly expectedStreams: number;
  private readonly connection: SocketConnection;
  private readonly protocol: PoolProtocol;
  /** Undefined until the connection stands: ALPN may decide. */
  private codec: ClientCodec | undefined = undefined;
  /** Given back when it closes; nothing where it was opened past the limit. */
  private held: Resource | undefined;
  private readonly info: ClusterInfo;
  private readonly owner: ConnectionOwner;
  private readonly context: PoolContext;
  private readonly startedAtMs: number;
  /** Until it is connected, later for idle times. */
  private readonly deadline: Deadline;
  private lifetime: Deadline | undefined = undefined;
  private timedOut = false;
  private cutShort = false;

  constructor(
    info: ClusterInfo,
    host: Host,
    socket: Socket,
    protocol: PoolProtocol,
    expectedStreams: number,
    owner: ConnectionOwner,
    held: Resource | undefined,
    context: PoolContext,
  ) {
    this.info = info;
    this.host = host;
    this.protocol = protocol;
    this.owner = owner;
    this.held = held;
    this.context = context;
    const { clock, timers } = context;
    this.startedAtMs = clock.nowMs();
    const { maxRequestsPerConnection } = info.http;
    this.streamsLeft = maxRequestsPerConnection > 0 ? maxRequestsPerConnection : STREAMS_MAX;
    this.expectedStreams = Math.min(expectedStreams, this.streamsLeft);
    this.connection = new SocketConnection(socket, info.bufferLimitBytes);
    this.connection.limitHighWatermark(timers, info.highWatermarkTimeoutMs ?? 0);
    noteConnecting(this.connection, socket, clock, this.startedAtMs);
    this.connection.attach(this);
    const { stats } = info;
    this.connection.sentCounter = stats.upstreamCxTxBytesTotal;
    this.connection.tellBuffered(stats.upstreamCxRxBytesBuffered, stats.upstreamCxTxBytesBuffered, timers);
    this.deadline = new Deadline(timers, this, CONNECT_OR_IDLE);
    this.deadline.set(info.connectTimeoutMs);
    stats.upstreamCxTotal.inc();
    if (protocol === "http1") stats.countHttp1Connection();
    if (protocol === "http2") stats.upstreamCxHttp2Total.inc();
    stats.upstreamCxActive.add(1);
    host.stats.cxTotal.inc();
    host.stats.cxActive.add(1);
    whenTransportReady(socket, () => this.onConnect(socket));
  }

  /** What its clients share with it. */
  share(state: ReadonlyMap<string, unknown> | undefined): void {
    this.connection.filterState = state;
  }

  get closed(): boolean {
    return this.state === ConnectionState.Closed;
  }

  get details(): ConnectionInfo {
    return this.connection;
  }

  get activeStreams(): number {
    return this.codec?.activeStreams ?? 0;
  }

  get maxConcurrentStreams(): number {
    return this.codec?.maxConcurrentStreams ?? this.expectedStreams;
  }

  /** Only HTTP/1 ends a message with its connection, or a connection with its message. */
  get isHttp1(): boolean {
    return this.codec?.protocol === "HTTP/1.1";
  }

  /** Only once it is connected. */
  newStream(response: ResponseStream): RequestEncoder {
    if (this.codec === undefined) throw new Error("a stream on a connection that does not stand");
    return this.codec.newStream(response);
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
    if (chunk.length > 0) this.codec?.dispatch(chunk);
    // A tunnel's end is an event, so that it counts as this side's close.
    if (endStream) this.connection.close("noFlush", this.connection.halfClose ? "tunnel ended" : "");
  }

  onClose(closedBy: "local" | "remote", error: NodeJS.ErrnoException | undefined): void {
    const unbound = isBindError(error);
    const by = unbound ? "local" : closedBy;
    if (unbound) this.info.stats.bindErrors.inc();
    const connecting = this.state === ConnectionState.Connecting;
    this.state = ConnectionState.Closed;
    this.deadline.dispose();
    this.lifetime?.dispose();
    const { stats } = this.info;
    const reset = this.codec?.onConnectionClosed("connection termination", "", by === "remote");
    const cut = reset === true || this.cutShort;
    stats.upstreamCxActive.sub(1);
    this.host.stats.cxActive.sub(1);
    this.held?.release();
    this.held = undefined;
    stats.upstreamCxDestroy.inc();
    (by === "local" ? stats.upstreamCxDestroyLocal : stats.upstreamCxDestroyRemote).inc();
    stats.upstreamCxLengthMs.record(this.context.clock.nowMs() - this.startedAtMs);
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
      this.owner.onClosed(this);
      return;
    }
    const { maxRequestsPerConnection: most } = this.info.http;
    stats.upstreamRqPerCx.record((most > 0 ? most : STREAMS_MAX) - this.streamsLeft);
    if (cut) {
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
    if (this.state === ConnectionState.Draining || this.closed) return;
    this.info.stats.upstreamCxCloseNotify.inc();
    this.owner.onRetire(this);
  }

  onStreamLimit(): void {
    this.owner.onStreamLimit(this);
  }

  onProtocolError(_error: CodecError): void {
    this.info.stats.upstreamCxProtocolError.inc();
    this.close("protocol error");
  }

  // ── deadlines ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private onConnect(socket: Socket): void {
    if (this.closed) return;
    const { connection, context, info } = this;
    this.deadline.clear();
    connection.refreshAddresses();
    connection.tls = tlsInfoOf(socket);
    const nowMs = context.clock.nowMs();
    noteReady(connection, nowMs);
    info.stats.upstreamCxConnectMs.record(nowMs - this.startedAtMs);
    this.codec = createClientCodec(this.protocol, connection, this, info);
    // Of a connection that ALPN decides on it is known only now.
    if (this.protocol === "auto") {
      if (this.isHttp1) info.stats.countHttp1Connection();
      else info.stats.upstreamCxHttp2Total.inc();
    }
    if (info.http.maxConnectionDurationMs > 0) {
      this.lifetime = new Deadline(context.timers, this, LIFETIME);
      this.lifetime.set(lifetimeMs(info, context.random));
    }
    this.owner.onConnected(this);
  }

  onDeadline(which: number): void {
    if (which === LIFETIME) {
      this.onLifetime();
      return;
    }
    const connecting = this.state === ConnectionState.Connecting;
    if (connecting) this.timedOut = true;
    else this.info.stats.upstreamCxIdleTimeout.inc();
    this.close(connecting ? "connect timeout" : "idle timeout");
  }

  private onLifetime(): void {
    if (this.state === ConnectionState.Draining || this.closed) return;
    this.info.stats.upstreamCxMaxDurationReached.inc();
    this.owner.onRetire(this);
  }
}

function lifetimeMs(info: ClusterInfo, random: Random): number {
  const { maxConnectionDurationMs, maxConnectionDurationJitterPercent } = info.http;
  const jitter = (maxConnectionDurationMs * maxConnectionDurationJitterPercent) / 100;
  return maxConnectionDurationMs + (jitter * random.uint32()) / 0x1_0000_0000;
}
