import type { Counter, StatsScope } from "@sluice/extension-api";

/** Below `http.<stat_prefix>.`; of requests of the proxy's own, `http.async-client.`. */
export interface RouterStats {
  readonly noRoute: Counter;
  readonly noCluster: Counter;
  readonly rqDirectResponse: Counter;
  readonly rqTotal: Counter;
  readonly rqOverloadLocalReply: Counter;
  readonly rqResetAfterDownstreamResponseStarted: Counter;
  readonly redirectBadLocation: Counter;
  readonly redirectUnsafeScheme: Counter;
  readonly redirectTooMany: Counter;
  readonly redirectNoRoute: Counter;
  readonly redirectPredicate: Counter;
}

export function createRouterStats(scope: StatsScope): RouterStats {
  // Envoy has it, though it counts redirects below rq_direct_response.
  scope.counter("rq_redirect");
  return {
    noRoute: scope.counter("no_route"),
    noCluster: scope.counter("no_cluster"),
    rqDirectResponse: scope.counter("rq_direct_response"),
    rqTotal: scope.counter("rq_total"),
    rqOverloadLocalReply: scope.counter("rq_overload_local_reply"),
    rqResetAfterDownstreamResponseStarted: scope.counter("rq_reset_after_downstream_response_started"),
    redirectBadLocation: scope.counter("passthrough_internal_redirect_bad_location"),
    redirectUnsafeScheme: scope.counter("passthrough_internal_redirect_unsafe_scheme"),
    redirectTooMany: scope.counter("passthrough_internal_redirect_too_many_redirects"),
    redirectNoRoute: scope.counter("passthrough_internal_redirect_no_route"),
    redirectPredicate: scope.counter("passthrough_internal_redirect_predicate"),
  };
}
