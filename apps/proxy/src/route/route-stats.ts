import type { Counter, StatsScope } from "@sluice/extension-api";
import type { RouteStats } from "./route-entry.ts";

/** `vhost.<host>.<kind>.<name>.upstream_rq_*`: Envoy's stats of routes with a `stat_prefix` and of virtual clusters. */
export function createRouteStats(
  root: StatsScope,
  virtualHost: string,
  kind: "route" | "vcluster",
  name: string,
): RouteStats {
  const scope = root.scope("vhost").scope(virtualHost).scope(kind).scope(name);
  const classes: (Counter | undefined)[] = [];
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
      const digit = Math.trunc(status / 100);
      if (digit >= 1 && digit <= 5) {
        let ofClass = classes[digit];
        if (ofClass === undefined) {
          ofClass = scope.counter(`upstream_rq_${digit}xx`);
          classes[digit] = ofClass;
        }
        ofClass.inc();
      }
      let code = codes[status];
      if (code === undefined) {
        code = scope.counter(`upstream_rq_${status}`);
        codes[status] = code;
      }
      code.inc();
    },
  };
}
