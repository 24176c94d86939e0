import { isCanary } from "../../../cluster/host-canary.ts";
import type {
  RetryHostPredicate,
  RetryHostPredicateFactory,
} from "../../../load-balancer/retry-extensions.ts";

/** Refuses canary hosts. */
const omitCanaryHosts: RetryHostPredicate = {
  shouldSelectAnotherHost: isCanary,
  onHostAttempted() {},
};

export const omitCanaryHostsFactory: RetryHostPredicateFactory = {
  compile: () => ({ ok: true, value: () => omitCanaryHosts }),
};
