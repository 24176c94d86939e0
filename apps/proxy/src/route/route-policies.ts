import type { HashPolicy } from "../load-balancer/hash-policy.ts";
import type { MetadataMatch } from "../load-balancer/metadata-match.ts";
import type { RouteTracing } from "../tracing/route-tracing.ts";
import type { RateLimitPolicy } from "./rate-limit-policy.ts";
import type { VirtualClusters } from "./virtual-clusters.ts";

/** What a route and its virtual host say about requests beside the action itself. */
export interface RoutePolicies {
  readonly hashPolicy: HashPolicy | undefined;
  /** `metadata_match`: the `envoy.lb` part, the chosen weighted cluster's over the route's; `undefined`: any endpoint. */
  readonly metadataMatch: MetadataMatch | undefined;
  /** `host_rewrite_literal` of the chosen weighted cluster, which the route's own rewrite starts from; "" without. */
  readonly weightedHost: string;
  /** `undefined`: none. */
  readonly rateLimits: RateLimitPolicy | undefined;
  readonly virtualHostRateLimits: RateLimitPolicy | undefined;
  /** `include_vh_rate_limits`: the virtual host's apply although the route has its own. */
  readonly includeVirtualHostRateLimits: boolean;
  readonly virtualClusters: VirtualClusters | undefined;
  /** Without effect where the connection manager does not trace. */
  readonly tracing: RouteTracing | undefined;
  /** Of the older `cors` fields, the route's first, as the CORS filter compiles them. */
  readonly cors: readonly unknown[];
}

export const NO_POLICIES: RoutePolicies = Object.freeze({
  hashPolicy: undefined,
  metadataMatch: undefined,
  weightedHost: "",
  rateLimits: undefined,
  virtualHostRateLimits: undefined,
  includeVirtualHostRateLimits: false,
  virtualClusters: undefined,
  tracing: undefined,
  cors: [],
});
