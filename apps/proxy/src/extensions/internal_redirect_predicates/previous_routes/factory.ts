import type { InternalRedirectPredicateFactory } from "../../../route/internal-redirect-predicate.ts";

const STATE = "envoy.internal_redirect.previous_routes_predicate_state";

/** From one route a request is redirected to each other route once at most. */
export const previousRoutesFactory: InternalRedirectPredicateFactory = {
  compile(_config, route) {
    const key = `${STATE}.${route}`;
    return {
      ok: true,
      value: {
        accepts(state, targetRoute) {
          const known = state.get(key);
          const seen: Set<unknown> = known instanceof Set ? known : new Set();
          if (seen.has(targetRoute)) return false;
          state.set(key, seen.add(targetRoute));
          return true;
        },
      },
    };
  },
};
