import type { Clock, Timers } from "@sluice/extension-api";
import type { ClusterInfo, Host, ResourceLimits } from "../cluster/thread-local-cluster.ts";
import { enterTurn, leaveTurn } from "../connection/turn.ts";
import type { StreamResetReason } from "../http/codec.ts";
import type { HttpPool, PoolWaiter } from "./http-pool.ts";
import { type ConnectionOwner, ConnectionState, UpstreamConnection } from "./upstream-connection.ts";

/** Connections that one event may open. */
const OPENED_AT_ONCE_MAX = 3;

/**
 * A worker's connections to one host in one priority. The connection that became free last is used first; requests that find
 * none wait while a new one connects. Circuit breakers are asked before anything is opened, queued or sent.
 */
export class ConnectionPool implements HttpPool, ConnectionOwner {
  readonly info: ClusterInfo;
  private readonly host: Host;
  private readonly limits: ResourceLimits;
  private readonly clock: Clock;
  private readonly timers: Timers;
  /** Those with room for a stream; the last one is used. */
  private readonly ready: UpstreamConnection[] = [];
  private readonly all = new Set<UpstreamConnection>();
  private waiters: PoolWaiter[] = [];
  /** Streams that the connections which still connect will take. */
  private connectingCapacity = 0;
  private activeStreams = 0;
  private draining = false;

  constructor(info: ClusterInfo, host: Host, highPriority: boolean, clock: Clock, timers: Timers) {
    this.info = info;
    this.host = host;
    this.limits = highPriority ? info.circuitBreakers.high : info.circuitBreakers.default;
    this.clock = clock;
    this.timers = timers;
  }

  newStream(waiter: PoolWaiter): void {
    const ready = this.ready.at(-1);
    if (ready !== undefined) {
      this.attach(ready, waiter);
      return;
    }
    const { stats } = this.info;
    if (!this.limits.pendingRequests.tryAcquire()) {
      stats.upstreamRqPendingOverflow.inc();
      waiter.onFailure("overflow", "");
      return;
    }
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.add(1);
    this.waiters.push(waiter);
    this.openConnections();
  }

  cancel(waiter: PoolWaiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    this.info.stats.upstreamRqCancelled.inc();
    this.leaveQueue();
  }

  drain(): void {
    this.draining = true;
    for (const connection of [...this.all]) {
      if (connection.state === ConnectionState.Connecting) {
        if (this.waiters.length === 0) connection.close("drained");
      } else if (connection.codec.activeStreams === 0) connection.close("drained");
      else this.retire(connection);
    }
  }

  private leaveQueue(): void {
    this.info.stats.upstreamRqPendingActive.sub(1);
    this.limits.pendingRequests.release();
  }

  private attach(connection: UpstreamConnection, waiter: PoolWaiter): void {
    const { host, info } = this;
    const { stats } = info;
    if (!this.limits.requests.tryAcquire()) {
      stats.upstreamRqPendingOverflow.inc();
      waiter.onFailure("overflow", "");
      return;
    }
    const { codec } = connection;
    connection.stopIdle();
    if (--connection.streamsLeft === 0) {
      stats.upstreamCxMaxRequests.inc();
      this.retire(connection);
    } else if (codec.activeStreams + 1 >= codec.maxConcurrentStreams) {
      this.leaveReady(connection);
      connection.state = ConnectionState.Busy;
    }
    this.activeStreams++;
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.add(1);
    host.stats.rqTotal.inc();
    host.stats.rqActive.add(1);
    host.activeRequests++;
    waiter.onReady(codec.newStream(waiter.response), connection.connection);
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

  private openConnections(): void {
    for (let opened = 0; opened < OPENED_AT_ONCE_MAX; opened++) {
      if (this.waiters.length <= this.connectingCapacity || !this.open()) return;
    }
  }

  /** Answers whether the limit left room. */
  private open(): boolean {
    const { connections } = this.limits;
    const within = connections.tryAcquire();
    if (!within) {
      this.info.stats.upstreamCxOverflow.inc();
      // Envoy opens one all the same when there is none, so that the queue is served at all.
      if (this.all.size > 0) return false;
    }
    const held = within ? connections : undefined;
    const connection = new UpstreamConnection(this.info, this.host, this, held, this.clock, this.timers);
    this.connectingCapacity++;
    this.all.add(connection);
    return within;
  }

  // ── from the connections ────────────────────────────────────────────────────────────────────────────────────────────

  onConnected(connection: UpstreamConnection): void {
    this.connectingCapacity--;
    enterTurn();
    this.becomeReady(connection);
    leaveTurn();
  }

  onConnectFailed(
    _connection: UpstreamConnection,
    reason: StreamResetReason,
    transportFailure: string,
  ): void {
    this.connectingCapacity--;
    // A connection failed for all that waited for it.
    const failed = this.waiters;
    this.waiters = [];
    for (let left = failed.length; left > 0; left--) this.leaveQueue();
    this.info.stats.upstreamRqPendingFailureEject.add(failed.length);
    for (const waiter of failed) waiter.onFailure(reason, transportFailure);
  }

  onStreamClosed(connection: UpstreamConnection, reusable: boolean): void {
    const { host, info } = this;
    this.activeStreams--;
    info.stats.upstreamRqActive.sub(1);
    host.stats.rqActive.sub(1);
    host.activeRequests--;
    this.limits.requests.release();
    if (connection.closed) return;
    if (!reusable) {
      this.retire(connection);
      connection.close("stream ended the connection");
    } else if (connection.state === ConnectionState.Draining) {
      if (connection.codec.activeStreams === 0) connection.close("drained");
    } else if (connection.state === ConnectionState.Busy) this.becomeReady(connection);
    else if (connection.codec.activeStreams === 0) connection.startIdle();
  }

  onGoAway(connection: UpstreamConnection): void {
    this.info.stats.upstreamCxCloseNotify.inc();
    if (connection.codec.activeStreams === 0) connection.close("going away");
    else this.retire(connection);
  }

  onStreamLimit(connection: UpstreamConnection): void {
    const { codec, state } = connection;
    const room = codec.activeStreams < codec.maxConcurrentStreams;
    if (state === ConnectionState.Busy && room) this.becomeReady(connection);
    else if (state === ConnectionState.Ready && !room) {
      this.leaveReady(connection);
      connection.state = ConnectionState.Busy;
    }
  }

  onClosed(connection: UpstreamConnection): void {
    this.all.delete(connection);
    this.leaveReady(connection);
    if (this.waiters.length > 0) this.openConnections();
  }

  private becomeReady(connection: UpstreamConnection): void {
    connection.state = ConnectionState.Ready;
    this.ready.push(connection);
    if (this.waiters.length > 0) this.serveWaiters();
    if (connection.state !== ConnectionState.Ready || connection.codec.activeStreams > 0) return;
    if (this.draining || this.host.removed) connection.close("host removed");
    else connection.startIdle();
  }
}
