import type { ClusterInfo, Host, ResourceLimits } from "../cluster/thread-local-cluster.ts";
import type { ConnectFailure } from "./tcp-upstream.ts";

/** Who waits for a connection of its own. */
export interface TcpWaiter {
  /** `counted`: whether the limit of connections left room. `waited`: it has been counted as pending. */
  open(counted: boolean, waited: boolean): void;
  fail(failure: ConnectFailure): void;
}

/**
 * A worker's connections to one host in one priority that carry one session each. At the limit sessions wait until one ends;
 * where there is none at all, one is opened all the same.
 */
export class TcpQueue {
  readonly #info: ClusterInfo;
  readonly #host: Host;
  readonly #limits: ResourceLimits;
  readonly #waiting: TcpWaiter[] = [];
  #open = 0;

  constructor(info: ClusterInfo, host: Host, limits: ResourceLimits) {
    this.#info = info;
    this.#host = host;
    this.#limits = limits;
  }

  /** Of those who ask for it, the caller has taken a pending request. */
  enter(waiter: TcpWaiter): void {
    if (this.#tryOpen(waiter, false)) return;
    const { stats } = this.#info;
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.add(1);
    this.#host.stats.rqPendingActive.add(1);
    this.#waiting.push(waiter);
  }

  /** False: it does not wait any more. */
  leave(waiter: TcpWaiter): boolean {
    const at = this.#waiting.indexOf(waiter);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    this.#info.stats.upstreamRqCancelled.inc();
    this.#leavePending();
    return true;
  }

  /** A connection is gone; `failure`: it never stood, which all who wait hear. */
  onClosed(failure: ConnectFailure | undefined): void {
    this.#open--;
    if (failure !== undefined) {
      const failed = this.#waiting.splice(0);
      this.#info.stats.upstreamRqPendingFailureEject.add(failed.length);
      for (const waiter of failed) {
        this.#leavePending();
        waiter.fail(failure);
      }
      return;
    }
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.shift();
    if (!this.#tryOpen(next, true)) this.#waiting.unshift(next);
  }

  #tryOpen(waiter: TcpWaiter, waited: boolean): boolean {
    const counted = this.#limits.connections.tryAcquire();
    if (!counted) {
      this.#info.stats.upstreamCxOverflow.inc();
      if (this.#open > 0) return false;
    }
    this.#open++;
    waiter.open(counted, waited);
    return true;
  }

  #leavePending(): void {
    this.#info.stats.upstreamRqPendingActive.sub(1);
    this.#host.stats.rqPendingActive.sub(1);
    this.#limits.pendingRequests.release();
  }
}

interface HostQueues {
  readonly info: ClusterInfo;
  readonly default: TcpQueue;
  readonly high: TcpQueue;
}

const queues = new WeakMap<Host, HostQueues>();

/** The queue of a host; a cluster whose configuration changed has new ones, who waits in an old one is served there. */
export function tcpQueueOf(info: ClusterInfo, host: Host, highPriority: boolean): TcpQueue {
  let found = queues.get(host);
  if (found?.info !== info) {
    const { circuitBreakers } = info;
    found = {
      info,
      default: new TcpQueue(info, host, circuitBreakers.default),
      high: new TcpQueue(info, host, circuitBreakers.high),
    };
    queues.set(host, found);
  }
  return highPriority ? found.high : found.default;
}
