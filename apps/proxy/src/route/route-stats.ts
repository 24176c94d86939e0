import type { Counter, StatsScope } from "@sluice/extension-api";
import type { RouteStats } from "./route-entry.ts";

/** `vhost.<host>.route.<prefix>.upstream_rq_*` (Envoy's route and virtual host stats). */
export function createRouteStats(root: StatsScope, virtualHost: string, prefix: string): RouteStats {
  const scope = root.scope("vhost").scope(virtualHost).scope("route").scope(prefix);
  const classes = [1, 2, 3, 4, 5].map((digit) => scope.counter(`upstream_rq_${digit}xx`));
  const codes: (Counter | undefined)[] = [];
  const upstreamRqCompleted = scope.counter("upstream_rq_completed");
  return {
    upstreamRqTotal: scope.counter("upstream_rq_total"),
    upstreamRqCompleted,
    upstreamRqRetry: scope.counter("upstream_rq_retry"),
    upstreamRqRetrySuccess: scope.counter("upstream_rq_retry_success"),
    upstreamRqRetryLimitExceeded: scope.counter("upstream_rq_retry_limit_exceeded"),
    upstreamRqRetryOverflow: scope.counter("upstream_rq_retry_overflow"),
    upstreamRqTimeout: scope.counter("upstream_rq_timeout"),
    upstreamRqTime: scope.histogram("upstream_rq_time"),
    countResponse(status) {
      upstreamRqCompleted.inc();
      classes[Math.trunc(status / 100) - 1]?.inc();
      let code = codes[status];
      if (code === undefined) {
        code = scope.counter(`upstream_rq_${status}`);
        codes[status] = code;
      }
      code.inc();
    },
  };
}
