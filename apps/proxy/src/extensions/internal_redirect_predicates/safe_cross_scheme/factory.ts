import type { InternalRedirectPredicateFactory } from "../../../route/internal-redirect-predicate.ts";

/** A request that came in the clear is not redirected to https; the other way is allowed. */
export const safeCrossSchemeFactory: InternalRedirectPredicateFactory = {
  compile: () => ({
    ok: true,
    value: { accepts: (_state, _route, downstreamIsTls, targetIsTls) => downstreamIsTls || !targetIsTls },
  }),
};
