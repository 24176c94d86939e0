import type { Compiled } from "@sluice/extension-api";

/** Whether an internal redirect may go to a route (envoy.internal_redirect_predicates). */
export interface InternalRedirectPredicate {
  /**
   * `state`: lasts over all redirects of one request; `targetRoute`: the name of the route that would be taken.
   */
  accepts(
    state: Map<string, unknown>,
    targetRoute: string,
    downstreamIsTls: boolean,
    targetIsTls: boolean,
  ): boolean;
}

export interface InternalRedirectPredicateFactory {
  /** `route`: the name of the route whose policy it is. */
  compile(config: unknown, route: string): Compiled<InternalRedirectPredicate>;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.internal_redirect_predicates": InternalRedirectPredicateFactory;
  }
}
