import type { Counter, StatsScope } from "@sluice/extension-api";

/** Below `http.<stat_prefix>.`. */
export interface RouterStats {
  readonly noRoute: Counter;
  readonly noCluster: Counter;
  readonly rqDirectResponse: Counter;
  readonly rqRedirect: Counter;
  readonly rqTotal: Counter;
  readonly rqResetAfterDownstreamResponseStarted: Counter;
}

export function createRouterStats(scope: StatsScope): RouterStats {
  return {
    noRoute: scope.counter("no_route"),
    noCluster: scope.counter("no_cluster"),
    rqDirectResponse: scope.counter("rq_direct_response"),
    rqRedirect: scope.counter("rq_redirect"),
    rqTotal: scope.counter("rq_total"),
    rqResetAfterDownstreamResponseStarted: scope.counter("rq_reset_after_downstream_response_started"),
  };
}
