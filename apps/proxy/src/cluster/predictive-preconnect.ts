import type { Host } from "./thread-local-cluster.ts";

/** Connections that one stream may have opened ahead. */
export const AHEAD_MAX = 3;

/**
 * `predictive_preconnect_ratio` of a cluster in one worker: connections are opened to the hosts that the next streams will go
 * to, so many that all pools together have room for `ratio` streams for each one that there is.
 */
export class PredictivePreconnect {
  readonly ratio: number;
  /** The host that a stream after those already foreseen will be given; undefined: the policy cannot tell. */
  readonly peek: () => Host | undefined;
  #pending = 0;
  #active = 0;
  #capacity = 0;

  constructor(ratio: number, peek: () => Host | undefined) {
    this.ratio = ratio;
    this.peek = peek;
  }

  /** A pool's share has changed by so much. `capacity`: streams that could begin without another connection. */
  change(pending: number, active: number, capacity: number): void {
    this.#pending += pending;
    this.#active += active;
    this.#capacity += capacity;
  }

  /** Whether another connection is due for the streams that there are. */
  get wantsMore(): boolean {
    return (this.#pending + this.#active) * this.ratio > this.#capacity + this.#active;
  }
}

/** What one pool is of its cluster's figures. */
export class PoolShare {
  readonly #predictive: PredictivePreconnect;
  #pending = 0;
  #active = 0;
  #capacity = 0;

  constructor(predictive: PredictivePreconnect) {
    this.#predictive = predictive;
  }

  tell(pending: number, active: number, capacity: number): void {
    this.#predictive.change(pending - this.#pending, active - this.#active, capacity - this.#capacity);
    this.#pending = pending;
    this.#active = active;
    this.#capacity = capacity;
  }
}
