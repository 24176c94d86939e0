import type { Condition } from "@sluice/matching";
import type { RetryHostPredicate, RetryPriority } from "../load-balancer/retry-extensions.ts";

/** A retry policy, compiled. Times in ms. */
export interface RetryConfig {
  readonly retryOn: number;
  readonly numRetries: number;
  /** 0: none. */
  readonly perTryTimeoutMs: number;
  /** 0: none. */
  readonly perTryIdleTimeoutMs: number;
  readonly statusCodes: readonly number[];
  /** Of the response; one is enough. */
  readonly retriableHeaders: readonly Condition[];
  /** Of the request; one must match where there are any. */
  readonly retriableRequestHeaders: readonly Condition[];
  /** 0: that of the runtime, `upstream.base_retry_backoff_ms`, and 25 where that says nothing. */
  readonly baseIntervalMs: number;
  /** 0: ten times the base. */
  readonly maxIntervalMs: number;
  /** In which response headers to look for the time of the next try, in order. */
  readonly resetHeaders: readonly { readonly name: string; readonly format: "seconds" | "unixTimestamp" }[];
  readonly resetMaxIntervalMs: number;
  readonly hostPredicates: readonly (() => RetryHostPredicate)[];
  /** How often a host is chosen anew when predicates refuse it. */
  readonly hostSelectionMaxAttempts: number;
  readonly priority: (() => RetryPriority) | undefined;
  /** The route's cluster is chosen anew for each try, among weighted ones one that was not tried yet. */
  readonly refreshesCluster: boolean;
}
