import type { Counter, StatsScope } from "@sluice/extension-api";

/** `<stat_prefix>.http_local_rate_limit.…` */
export interface LocalRateLimitStats {
  /** Requests that the limit was asked about. */
  readonly enabled: Counter;
  /** Of those, the ones that found a token. */
  readonly ok: Counter;
  readonly rateLimited: Counter;
  /** Of those, the ones that only a descriptor in shadow mode would have refused. */
  readonly shadowMode: Counter;
  /** Requests that were refused. */
  readonly enforced: Counter;
}

/** `root`: names begin with the filter's own `stat_prefix`. */
export function createLocalRateLimitStats(root: StatsScope, statPrefix: string): LocalRateLimitStats {
  const scope = root.scope(statPrefix).scope("http_local_rate_limit");
  return {
    enabled: scope.counter("enabled"),
    ok: scope.counter("ok"),
    rateLimited: scope.counter("rate_limited"),
    shadowMode: scope.counter("shadow_mode"),
    enforced: scope.counter("enforced"),
  };
}
