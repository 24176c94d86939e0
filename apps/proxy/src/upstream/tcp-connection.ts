import type { Socket } from "node:net";
import type { Clock } from "@sluice/extension-api";
import type { ClusterInfo, Host, ResourceLimits } from "../cluster/thread-local-cluster.ts";
import { accountForRead, lend } from "../connection/read-memory.ts";
import { type ConnectionSink, SocketConnection } from "../connection/socket-connection.ts";
import { Deadline, type DeadlineOwner, type TimerQueue } from "../event/timer-queue.ts";
import { enterTurn, leaveTurn } from "../event/turn.ts";
import { isBindError, transportFailureReason } from "../transport-socket/transport-failure-reason.ts";
import {
  type ConnectOptions,
  tlsInfoOf,
  whenTransportReady,
} from "../transport-socket/upstream-transport-socket.ts";
import { noteConnecting, noteReady } from "./connect-times.ts";
import { addHostSession } from "./host-sessions.ts";
import type { ConnectFailure, TcpUpstream, TcpUpstreamOwner } from "./tcp-upstream.ts";

const CONNECTING = 0;
const CONNECTED = 1;
const CLOSED = 2;
/** It stands, but what it was for is over. */
const DONE = 3;

export interface TcpConnectionOptions {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  /** Of which the caller has taken a connection and a pending request; both are given back here. */
  readonly limits: ResourceLimits;
  readonly connect: ConnectOptions;
  /** Whether a connection was taken at all; default true. */
  readonly counted?: boolean;
  /** It has been counted as pending already; default false. */
  readonly waited?: boolean;
  /** It is gone, and its resources are given back. `failure`: it never stood. */
  readonly onGone?: (failure: ConnectFailure | undefined) => void;
}

/** One connection to a host for one downstream connection, counted as a pool of connections for one use each would. */
export class TcpConnection implements ConnectionSink, DeadlineOwner, TcpUpstream {
  readonly host: Host;
  readonly connection: SocketConnection;
  private readonly info: ClusterInfo;
  private readonly limits: ResourceLimits;
  private readonly counted: boolean;
  private readonly clock: Clock;
  private readonly deadline: Deadline;
  private readonly startedAtMs: number;
  private readonly socket: Socket;
  private owner: TcpUpstreamOwner | undefined;
  private state: typeof CONNECTING | typeof CONNECTED | typeof CLOSED | typeof DONE = CONNECTING;
  private timedOut = false;
  private readonly onGone: TcpConnectionOptions["onGone"];
  private readonly leaveHost: (() => void) | undefined = undefined;

  constructor(
    info: ClusterInfo,
    host: Host,
    owner: TcpUpstreamOwner,
    { clock, timers, limits, connect, counted = true, waited = false, onGone }: TcpConnectionOptions,
  ) {
    this.info = info;
    this.limits = limits;
    this.counted = counted;
    this.host = host;
    this.owner = owner;
    this.clock = clock;
    this.startedAtMs = clock.nowMs();
    const { stats } = info;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxActive.add(1);
    if (!waited) {
      stats.upstreamRqPendingTotal.inc();
      stats.upstreamRqPendingActive.add(1);
      host.stats.rqPendingActive.add(1);
    }
    this.onGone = onGone;
    if ((host.cluster ?? info).closesOnHealthFailure === true) this.leaveHost = addHostSession(host, this);
    host.stats.cxTotal.inc();
    host.stats.cxActive.add(1);
    const socket = (host.cluster ?? info).connect(host, connect);
    this.socket = socket;
    this.connection = new SocketConnection(socket, info.bufferLimitBytes);
    this.connection.limitHighWatermark(timers, info.highWatermarkTimeoutMs ?? 0);
    this.connection.filterState = connect?.shared;
    this.connection.sentCounter = stats.upstreamCxTxBytesTotal;
    this.connection.tellBuffered(stats.upstreamCxRxBytesBuffered, stats.upstreamCxTxBytesBuffered, timers);
    this.connection.addWatermarkCallbacks(owner);
    noteConnecting(this.connection, socket, clock, this.startedAtMs);
    this.connection.attach(this);
    this.deadline = new Deadline(timers, this, 0);
    this.deadline.set(info.connectTimeoutMs);
    whenTransportReady(socket, () => {
      enterTurn();
      this.onConnect();
      leaveTurn();
    });
  }

  get open(): boolean {
    return this.connection.state === "open";
  }

  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  get takenBytes(): number {
    return this.connection.bytesSent - this.connection.bufferedBytes;
  }

  write(chunk: Uint8Array, endStream: boolean): void {
    this.connection.write(chunk, endStream);
  }

  abandon(how: "noFlush" | "abort"): void {
    this.owner = undefined;
    if (this.state === CONNECTING) this.info.stats.upstreamRqCancelled.inc();
    this.connection.close(how, "abandoned");
  }

  onHostFailed(): void {
    this.connection.close("noFlush", "host health failure");
  }

  /** The request that it carries is over: its end counts as nobody's loss, and is not told. */
  finishRequest(): void {
    if (this.state !== CONNECTED) return;
    this.state = DONE;
    this.owner = undefined;
    this.leaveActive();
  }

  pauseReading(pause: boolean): void {
    const { stats } = this.info;
    (pause
      ? stats.upstreamFlowControlPausedReadingTotal
      : stats.upstreamFlowControlResumedReadingTotal
    ).inc();
    this.connection.readDisable(pause);
  }

  flushAndClose(owner: TcpUpstreamOwner): boolean {
    this.connection.removeWatermarkCallbacks(this.owner ?? owner);
    this.owner = owner;
    this.connection.close("flush", "downstream closed");
    return this.connection.state !== "closed" && this.connection.bufferedBytes > 0;
  }

  onData(chunk: Buffer, endStream: boolean): void {
    this.info.stats.upstreamCxRxBytesTotal.add(chunk.length);
    accountForRead();
    lend(chunk);
    this.owner?.onUpstreamData(chunk, endStream);
    // Both halves are through: that the host was the last to end makes it the host's close.
    if (endStream && this.connection.writeEnded) this.connection.close("noFlush", "");
  }

  onClose(by: "local" | "remote", error: NodeJS.ErrnoException | undefined): void {
    const { info, host, owner } = this;
    const { stats } = info;
    const was = this.state;
    const unbound = isBindError(error);
    if (unbound) stats.bindErrors.inc();
    const local = by === "local" || unbound;
    this.state = CLOSED;
    this.leaveHost?.();
    this.owner = undefined;
    this.deadline.dispose();
    stats.upstreamCxActive.sub(1);
    host.stats.cxActive.sub(1);
    if (this.counted) this.limits.connections.release();
    stats.upstreamCxDestroy.inc();
    (local ? stats.upstreamCxDestroyLocal : stats.upstreamCxDestroyRemote).inc();
    stats.upstreamCxLengthMs.record(this.clock.nowMs() - this.startedAtMs);
    if (was === CONNECTING) this.endConnecting(owner, error);
    else if (was === CONNECTED) this.endSession(owner, local, error);
    this.onGone?.(was === CONNECTING && owner !== undefined ? this.failure : undefined);
  }

  private get failure(): ConnectFailure {
    return this.timedOut ? "timeout" : "remote";
  }

  /** It never stood. */
  private endConnecting(owner: TcpUpstreamOwner | undefined, error: NodeJS.ErrnoException | undefined): void {
    const { info, host } = this;
    const { stats } = info;
    stats.upstreamCxConnectFail.inc();
    host.stats.cxConnectFail.inc();
    this.leavePending();
    if (this.timedOut) stats.upstreamCxConnectTimeout.inc();
    if (owner === undefined) return;
    stats.upstreamRqPendingFailureEject.inc();
    owner.onUpstreamConnectFailed(this.failure, this.timedOut ? "" : transportFailureReason(error));
  }

  private endSession(
    owner: TcpUpstreamOwner | undefined,
    local: boolean,
    error: NodeJS.ErrnoException | undefined,
  ): void {
    const { stats } = this.info;
    this.leaveActive();
    stats.upstreamCxDestroyWithActiveRq.inc();
    (local ? stats.upstreamCxDestroyLocalWithActiveRq : stats.upstreamCxDestroyRemoteWithActiveRq).inc();
    owner?.onUpstreamClosed(error?.code === "ECONNRESET");
  }

  private onConnect(): void {
    if (this.state !== CONNECTING) return;
    this.state = CONNECTED;
    this.deadline.clear();
    this.connection.refreshAddresses();
    this.connection.tls = tlsInfoOf(this.socket);
    this.leavePending();
    const { stats } = this.info;
    const nowMs = this.clock.nowMs();
    noteReady(this.connection, nowMs);
    stats.upstreamCxConnectMs.record(nowMs - this.startedAtMs);
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.add(1);
    this.host.stats.rqTotal.inc();
    this.host.stats.rqActive.add(1);
    this.host.activeRequests++;
    this.limits.requests.take();
    this.owner?.onUpstreamConnected(this.connection.localAddress, this.connection);
  }

  private leaveActive(): void {
    this.info.stats.upstreamRqActive.sub(1);
    this.host.stats.rqActive.sub(1);
    this.host.activeRequests--;
    this.limits.requests.release();
  }

  private leavePending(): void {
    this.info.stats.upstreamRqPendingActive.sub(1);
    this.host.stats.rqPendingActive.sub(1);
    this.limits.pendingRequests.release();
  }

  onDeadline(): void {
    this.timedOut = true;
    this.connection.close("noFlush", "connect timeout");
  }
}
