import { PoolShare } from "../cluster/predictive-preconnect.ts";
import type { ClusterInfo, Host, ResourceLimits } from "../cluster/thread-local-cluster.ts";
import { enterTurn, leaveTurn, leaveTurnAndFlush } from "../event/turn.ts";
import type { StreamResetReason } from "../http/codec.ts";
import type { ConnectOptions } from "../transport-socket/upstream-transport-socket.ts";
import type { PoolProtocol } from "./create-client-codec.ts";
import type { HttpPool, PoolWaiter } from "./http-pool.ts";
import {
  type ConnectionOwner,
  ConnectionState,
  type PoolContext,
  UpstreamConnection,
} from "./upstream-connection.ts";

/** Connections that one event may open. */
const OPENED_AT_ONCE_MAX = 3;

/** What ALPN is offered where the configuration names nothing. */
const CONNECT_OPTIONS: Readonly<Record<PoolProtocol, ConnectOptions>> = {
  http1: { fallbackAlpn: ["http/1.1"] },
  http2: { fallbackAlpn: ["h2"] },
  auto: { fallbackAlpn: ["h2", "http/1.1"] },
};

export interface PoolOptions {
  readonly info: ClusterInfo;
  readonly host: Host;
  readonly protocol: PoolProtocol;
  /** Besides ALPN. */
  readonly connect: ConnectOptions;
  readonly highPriority: boolean;
  readonly context: PoolContext;
  /** Nothing is on it and nobody waits: it may be dropped. */
  readonly onEmpty: () => void;
  /** Another stream has come. */
  readonly onStream?: (() => void) | undefined;
}

/**
 * A worker's connections to one host in one priority. Of those with room for a stream the one that got room last is used;
 * requests that find none wait while a new one connects. Circuit breakers are asked before anything is opened, queued or sent.
 */
export class ConnectionPool implements HttpPool, ConnectionOwner {
  private readonly options: PoolOptions;
  private readonly info: ClusterInfo;
  private readonly host: Host;
  private readonly limits: ResourceLimits;
  private readonly preconnectRatio: number;
  /** Those with room for a stream; the last one is used. */
  private readonly ready: UpstreamConnection[] = [];
  private readonly all = new Set<UpstreamConnection>();
  private waiters: PoolWaiter[] = [];
  /** Streams that the connections which still connect will take. */
  private connectingCapacity = 0;
  private activeStreams = 0;
  private draining = false;
  private readonly share: PoolShare | undefined;
  private shared: PoolOptions["connect"]["shared"];
  private serving: NodeJS.Immediate | undefined = undefined;
  /** What the last connection turned out to take, for those that ALPN decides about. */
  private streamsPerConnection: number;

  constructor(options: PoolOptions) {
    this.options = options;
    this.shared = options.connect.shared;
    const { info, host, highPriority } = options;
    this.info = info;
    this.host = host;
    this.limits = highPriority ? info.circuitBreakers.high : info.circuitBreakers.default;
    this.preconnectRatio = info.preconnectRatio;
    this.share = info.predictive === undefined ? undefined : new PoolShare(info.predictive);
    this.streamsPerConnection =
      options.protocol === "http2" ? (info.http2?.options.maxConcurrentStreams ?? 1) : 1;
  }

  /** While nothing is on it the pool is made anew, as it were, for who comes: connections get what that one shares with them. */
  sharing(shared: PoolOptions["connect"]["shared"]): this {
    if (shared !== this.shared && this.all.size === 0 && this.waiters.length === 0) this.shared = shared;
    return this;
  }

  newStream(waiter: PoolWaiter): void {
    const ready = this.ready.at(-1);
    if (ready !== undefined) {
      this.attach(ready, waiter);
      if (this.preconnectRatio > 1) this.openConnections();
      this.tell();
      this.options.onStream?.();
      return;
    }
    const { stats } = this.info;
    if (!this.limits.pendingRequests.tryAcquire()) {
      stats.upstreamRqPendingOverflow.inc();
      waiter.onFailure("overflow", "", true);
      return;
    }
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.add(1);
    this.host.stats.rqPendingActive.add(1);
    this.waiters.push(waiter);
    if (!this.openConnections()) {
      this.cancel(waiter);
      waiter.onFailure("overflow", "");
      return;
    }
    this.tell();
    this.options.onStream?.();
  }

  /** Opens a connection where the next stream is likely to come here; answers whether one was opened. */
  connectAhead(ratio: number): boolean {
    const waiting = this.waiters.length;
    const due = this.preconnects
      ? (waiting + this.activeStreams + 1) * ratio > this.capacity() + this.activeStreams
      : waiting > this.connectingCapacity;
    if (!due || this.info.shedsConnection?.() === true || !this.open()) return false;
    this.tell();
    return true;
  }

  private get preconnects(): boolean {
    const { host, info, draining } = this;
    return host.health === "healthy" && !draining && info.preconnects?.(host) !== false;
  }

  /** Keeps the cluster's figures of its pools. */
  private tell(): void {
    this.share?.tell(this.waiters.length, this.activeStreams, this.capacity());
  }

  cancel(waiter: PoolWaiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    this.info.stats.upstreamRqCancelled.inc();
    this.leaveQueue();
    this.tell();
  }

  drain(): void {
    this.draining = true;
    this.drainConnections();
  }

  drainConnections(): void {
    for (const connection of [...this.all]) {
      if (connection.state === ConnectionState.Connecting) {
        if (this.waiters.length === 0) connection.close("drained");
      } else this.onRetire(connection);
    }
  }

  private leaveQueue(): void {
    this.info.stats.upstreamRqPendingActive.sub(1);
    this.host.stats.rqPendingActive.sub(1);
    this.limits.pendingRequests.release();
  }

  private attach(connection: UpstreamConnection, waiter: PoolWaiter): void {
    const { host, info } = this;
    const { stats } = info;
    if (!this.limits.requests.tryAcquire()) {
      stats.upstreamRqActiveOverflow.inc();
      waiter.onFailure("overflow", "");
      return;
    }
    connection.stopIdle();
    if (--connection.streamsLeft === 0) {
      stats.upstreamCxMaxRequests.inc();
      this.retire(connection);
    } else if (connection.activeStreams + 1 >= connection.maxConcurrentStreams) {
      this.leaveReady(connection);
      connection.state = ConnectionState.Busy;
    }
    this.activeStreams++;
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.add(1);
    host.stats.rqTotal.inc();
    host.stats.rqActive.add(1);
    host.activeRequests++;
    waiter.onReady(connection.newStream(waiter.response), connection.details);
  }

  /** It carries no more streams than it has. */
  private retire(connection: UpstreamConnection): void {
    if (connection.state === ConnectionState.Ready) this.leaveReady(connection);
    connection.state = ConnectionState.Draining;
  }

  private leaveReady(connection: UpstreamConnection): void {
    const { ready } = this;
    if (ready.at(-1) === connection) ready.pop();
    else {
      const at = ready.lastIndexOf(connection);
      if (at >= 0) ready.splice(at, 1);
    }
  }

  private serveWaiters(): void {
    for (;;) {
      const connection = this.ready.at(-1);
      if (connection === undefined) return;
      const waiter = this.waiters.shift();
      if (waiter === undefined) return;
      this.leaveQueue();
      this.attach(connection, waiter);
    }
  }

  // ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False: one was wanted, and the overload manager has the load shed instead. */
  private openConnections(): boolean {
    for (let opened = 0; opened < OPENED_AT_ONCE_MAX; opened++) {
      if (!this.wantsConnection()) return true;
      if (this.info.shedsConnection?.() === true) return opened > 0;
      if (!this.open()) return true;
    }
    return true;
  }

  private wantsConnection(): boolean {
    const waiting = this.waiters.length;
    const ratio = this.preconnectRatio > 1 && this.preconnects ? this.preconnectRatio : 1;
    if (ratio <= 1) return waiting > this.connectingCapacity;
    return (waiting + this.activeStreams) * ratio > this.capacity() + this.activeStreams;
  }

  /** Streams that could be begun without opening anything more. */
  private capacity(): number {
    let free = this.connectingCapacity;
    for (const one of this.ready) free += one.maxConcurrentStreams - one.activeStreams;
    return free;
  }

  /** Answers whether the limits left room. */
  private open(): boolean {
    const { info, host, limits, options, shared } = this;
    const { connections, connectionsPerHost } = limits;
    const within = host.stats.connectionsOfAllWorkers() < connectionsPerHost && connections.tryAcquire();
    if (!within) {
      info.stats.upstreamCxOverflow.inc();
      // Envoy opens one all the same when there is none, so that the queue is served at all.
      if (this.all.size > 0) return false;
    }
    const connection = new UpstreamConnection(
      info,
      host,
      info.connect(host, { ...options.connect, shared, ...CONNECT_OPTIONS[options.protocol] }),
      options.protocol,
      this.streamsPerConnection,
      this,
      within ? connections : undefined,
      options.context,
    );
    connection.share(shared);
    this.connectingCapacity += connection.expectedStreams;
    this.all.add(connection);
    return within;
  }

  // ── from the connections ────────────────────────────────────────────────────────────────────────────────────────────

  onConnected(connection: UpstreamConnection): void {
    this.connectingCapacity -= connection.expectedStreams;
    if (this.options.protocol === "auto") this.streamsPerConnection = connection.maxConcurrentStreams;
    enterTurn();
    this.becomeReady(connection);
    this.serveWaiters();
    this.settle(connection);
    this.tell();
    leaveTurn();
  }

  onConnectFailed(connection: UpstreamConnection, reason: StreamResetReason, transportFailure: string): void {
    this.connectingCapacity -= connection.expectedStreams;
    // A connection failed for all that waited for it.
    const failed = this.waiters;
    this.waiters = [];
    for (let left = failed.length; left > 0; left--) this.leaveQueue();
    this.info.stats.upstreamRqPendingFailureEject.add(failed.length);
    this.tell();
    for (const waiter of failed) waiter.onFailure(reason, transportFailure);
  }

  onStreamClosed(connection: UpstreamConnection, reusable: boolean): void {
    const { host, info } = this;
    this.activeStreams--;
    info.stats.upstreamRqActive.sub(1);
    host.stats.rqActive.sub(1);
    host.activeRequests--;
    this.limits.requests.release();
    if (!connection.closed) this.release(connection, reusable);
    this.tell();
  }

  /** A stream of it has ended. */
  private release(connection: UpstreamConnection, reusable: boolean): void {
    if (!reusable) {
      this.retire(connection);
      connection.close("stream ended the connection");
    } else if (connection.state === ConnectionState.Draining) {
      if (connection.activeStreams === 0) connection.close("drained");
    } else {
      if (connection.state === ConnectionState.Busy) this.becomeReady(connection);
      if (this.waiters.length > 0) this.serveSoon(connection);
      else this.settle(connection);
    }
  }

  onRetire(connection: UpstreamConnection): void {
    this.retire(connection);
    if (connection.activeStreams === 0) connection.close("drained");
    // Who waits for it needs another.
    else if (this.waiters.length > 0) this.openConnections();
    this.tell();
  }

  onStreamLimit(connection: UpstreamConnection): void {
    const room = connection.activeStreams < connection.maxConcurrentStreams;
    if (connection.state === ConnectionState.Busy && room) {
      this.becomeReady(connection);
      this.serveWaiters();
    } else if (connection.state === ConnectionState.Ready && !room) {
      this.leaveReady(connection);
      connection.state = ConnectionState.Busy;
    }
    this.tell();
  }

  onClosed(connection: UpstreamConnection): void {
    this.all.delete(connection);
    this.leaveReady(connection);
    this.openConnections();
    this.tell();
    if (this.all.size === 0 && this.waiters.length === 0) this.options.onEmpty();
  }

  private becomeReady(connection: UpstreamConnection): void {
    connection.state = ConnectionState.Ready;
    this.ready.push(connection);
  }

  /** A connection that nobody took. */
  private settle(connection: UpstreamConnection): void {
    if (connection.state !== ConnectionState.Ready || connection.activeStreams > 0) return;
    if (this.draining || this.host.removed) connection.close("drained");
    else connection.startIdle();
  }

  /** An HTTP/1 upstream may close right behind its response: a waiter takes the connection only when that has been heard. */
  private serveSoon(connection: UpstreamConnection): void {
    if (!connection.isHttp1) this.serveWaiters();
    else this.serving ??= setImmediate(() => this.serveAfterInput());
  }

  private serveAfterInput(): void {
    this.serving = undefined;
    enterTurn();
    this.serveWaiters();
    for (const connection of [...this.ready]) this.settle(connection);
    this.tell();
    leaveTurnAndFlush();
  }
}
