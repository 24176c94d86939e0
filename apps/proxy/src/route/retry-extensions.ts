import type { Compiled } from "@sluice/extension-api";
import type { Host, LoadBalancerContext } from "../cluster/thread-local-cluster.ts";

/** One request's view of a retry host predicate (envoy.retry_host_predicates). */
export interface RetryHostPredicate {
  /** True: another host is wanted for the next try. */
  shouldSelectAnotherHost(host: Host): boolean;
  onHostAttempted(host: Host): void;
}

export interface RetryHostPredicateFactory {
  /** `config`: the decoded message; the result makes one per request that may be retried. */
  compile(config: unknown): Compiled<() => RetryHostPredicate>;
}

/** One request's view of a retry priority (envoy.retry_priorities). */
export interface RetryPriority {
  /** Which share each priority gets at the next try; see `LoadBalancerContext.adjustPriorityLoad`. */
  readonly adjustPriorityLoad: NonNullable<LoadBalancerContext["adjustPriorityLoad"]>;
  onHostAttempted(host: Host): void;
}

export interface RetryPriorityFactory {
  compile(config: unknown): Compiled<() => RetryPriority>;
}

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
