import type { Counter, StatsScope } from "@sluice/extension-api";
import type { ClusterInfo } from "../../../../cluster/thread-local-cluster.ts";

/** `cluster.<route's cluster>.ratelimit.[<stat_prefix>.]…`: answers of the service. */
export interface RateLimitStats {
  readonly ok: Counter;
  readonly error: Counter;
  readonly overLimit: Counter;
  /** Of the errors, those whose requests went on. */
  readonly failureModeAllowed: Counter;
}

/** A cluster's stats, made when its first answer is counted. `root`: of all stats. */
export class RateLimitStatsByCluster {
  readonly #root: StatsScope;
  readonly #statPrefix: string;
  readonly #made = new WeakMap<ClusterInfo, RateLimitStats>();

  constructor(root: StatsScope, statPrefix: string) {
    this.#root = root;
    this.#statPrefix = statPrefix;
  }

  of(info: ClusterInfo): RateLimitStats {
    const made = this.#made.get(info);
    if (made !== undefined) return made;
    const below = this.#root.scope("cluster").scope(info.statName).scope("ratelimit");
    const scope = this.#statPrefix === "" ? below : below.scope(this.#statPrefix);
    const stats: RateLimitStats = {
      // As in Envoy each is listed with its first count.
      get ok() {
        return scope.counter("ok");
      },
      get error() {
        return scope.counter("error");
      },
      get overLimit() {
        return scope.counter("over_limit");
      },
      get failureModeAllowed() {
        return scope.counter("failure_mode_allowed");
      },
    };
    this.#made.set(info, stats);
    return stats;
  }
}
