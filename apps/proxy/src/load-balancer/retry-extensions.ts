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

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.retry_host_predicates": RetryHostPredicateFactory;
    "envoy.retry_priorities": RetryPriorityFactory;
  }
}
