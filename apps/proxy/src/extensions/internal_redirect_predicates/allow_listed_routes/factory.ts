import type { AllowListedRoutesConfig } from "@sluice/xds/gen/envoy/extensions/internal_redirect/allow_listed_routes/v3/allow_listed_routes_config_pb.js";
import type { InternalRedirectPredicateFactory } from "../../../route/internal-redirect-predicate.ts";

/** Redirects lead only to the routes that are named. */
export const allowListedRoutesFactory: InternalRedirectPredicateFactory = {
  compile(config) {
    const allowed = new Set(asConfig(config).allowedRouteNames);
    return { ok: true, value: { accepts: (_state, targetRoute) => allowed.has(targetRoute) } };
  },
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(config: unknown): AllowListedRoutesConfig {
  return config as AllowListedRoutesConfig;
}
