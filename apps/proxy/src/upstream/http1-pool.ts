import type { Clock, Timers } from "@sluice/extension-api";
import type { ClusterInfo, Host, Resource, ResourceLimits } from "../cluster/thread-local-cluster.ts";
import { enterTurn, leaveTurn } from "../connection/turn.ts";
import type { StreamResetReason } from "../http/codec.ts";
import { type ConnectionOwner, Http1Connection } from "./http1-connection.ts";

/** Who waits for a connection. */
export interface PoolWaiter {
  readonly highPriority: boolean;
  onReady(connection: Http1Connection): void;
  onFailure(reason: StreamResetReason, transportFailure: string): void;
}

/**
 * A worker's HTTP/1.1 connections to one host: idle ones are used last in, first out; requests that find none wait while a
 * new one connects. Circuit breakers are asked before anything is opened or queued.
 */
export class Http1Pool implements ConnectionOwner {
  readonly info: ClusterInfo;
  private readonly host: Host;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly idle: Http1Connection[] = [];
  /** With what each gives back when it closes; nothing where it was opened past the limit. */
  private readonly all = new Map<Http1Connection, Resource | undefined>();
  private waiters: PoolWaiter[] = [];
  private connecting = 0;

  constructor(info: ClusterInfo, host: Host, clock: Clock, timers: Timers) {
    this.info = info;
    this.host = host;
    this.clock = clock;
    this.timers = timers;
  }

  /** Answers through the waiter, perhaps before it returns. */
  request(waiter: PoolWaiter): void {
    const ready = this.idle.pop();
    if (ready !== undefined) {
      ready.stopIdle();
      this.info.stats.upstreamRqTotal.inc();
      ready.exchanges++;
      waiter.onReady(ready);
      return;
    }
    const limits = this.limits(waiter);
    const { stats } = this.info;
    if (!limits.pendingRequests.tryAcquire()) {
      stats.upstreamRqPendingOverflow.inc();
      waiter.onFailure("overflow", "");
      return;
    }
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.add(1);
    this.waiters.push(waiter);
    if (this.connecting < this.waiters.length) this.open(limits);
  }

  /** The waiter lost interest. */
  cancel(waiter: PoolWaiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    this.info.stats.upstreamRqCancelled.inc();
    this.leaveQueue(waiter);
  }

  /** The host or the configuration went: idle connections close, others after their exchange. */
  drain(): void {
    for (const connection of this.idle.splice(0)) connection.close("drained");
  }

  private limits(waiter: PoolWaiter): ResourceLimits {
    const { circuitBreakers } = this.info;
    return waiter.highPriority ? circuitBreakers.high : circuitBreakers.default;
  }

  private leaveQueue(waiter: PoolWaiter): void {
    this.info.stats.upstreamRqPendingActive.sub(1);
    this.limits(waiter).pendingRequests.release();
  }

  private open(limits: ResourceLimits): void {
    const within = limits.connections.tryAcquire();
    if (!within) {
      this.info.stats.upstreamCxOverflow.inc();
      // Envoy opens one all the same when there is none, so that the queue is served at all.
      if (this.all.size > 0) return;
    }
    this.connecting++;
    const connection = new Http1Connection(this.info, this.host, this, this.clock, this.timers);
    this.all.set(connection, within ? limits.connections : undefined);
  }

  onConnected(connection: Http1Connection): void {
    this.connecting--;
    enterTurn();
    this.onIdle(connection);
    leaveTurn();
  }

  onConnectFailed(_connection: Http1Connection, reason: StreamResetReason, transportFailure: string): void {
    this.connecting--;
    // A connection failed for all that waited for it.
    const failed = this.waiters;
    this.waiters = [];
    for (const waiter of failed) {
      this.leaveQueue(waiter);
      this.info.stats.upstreamRqPendingFailureEject.inc();
    }
    for (const waiter of failed) waiter.onFailure(reason, transportFailure);
  }

  onIdle(connection: Http1Connection): void {
    const { maxRequestsPerConnection, stats } = this.info;
    if (maxRequestsPerConnection > 0 && connection.exchanges >= maxRequestsPerConnection) {
      stats.upstreamCxMaxRequests.inc();
      connection.close("max requests");
      return;
    }
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      this.leaveQueue(waiter);
      stats.upstreamRqTotal.inc();
      connection.exchanges++;
      waiter.onReady(connection);
    } else if (this.host.removed) connection.close("host removed");
    else {
      this.idle.push(connection);
      connection.startIdle();
    }
  }

  onClosed(connection: Http1Connection): void {
    this.all.get(connection)?.release();
    this.all.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    const [waiter] = this.waiters;
    if (waiter !== undefined && this.connecting < this.waiters.length) this.open(this.limits(waiter));
  }
}

/** The worker's pool for a host; a cluster whose configuration changed gets a new one, the old one drains. */
export function poolOf(info: ClusterInfo, host: Host, clock: Clock, timers: Timers): Http1Pool {
  const existing = host.pool;
  if (existing instanceof Http1Pool) {
    if (existing.info === info) return existing;
    existing.drain();
  }
  const pool = new Http1Pool(info, host, clock, timers);
  host.pool = pool;
  return pool;
}

/** A host has left its cluster, or its cluster has gone or changed. */
export function drainPoolOf(host: Host): void {
  if (host.pool instanceof Http1Pool) host.pool.drain();
}
