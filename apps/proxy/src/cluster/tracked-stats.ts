import type { Histogram, StatsScope } from "@sluice/extension-api";

/** What a cluster counts only where it is told to: `track_cluster_stats`. */
export interface TrackedStats {
  readonly timeoutBudgets: TimeoutBudgetStats | undefined;
  readonly sizes: RequestSizeStats | undefined;
}

/** Percent of its time that a request, or a try, took; where it had all the time there is: 0. */
export interface TimeoutBudgetStats {
  readonly percentUsed: Histogram;
  readonly perTryPercentUsed: Histogram;
}

/** Bytes of a try's messages, names and values of their headers, and how many of these there were. */
export interface RequestSizeStats {
  readonly requestHeadersSize: Histogram;
  readonly requestHeadersCount: Histogram;
  readonly requestBodySize: Histogram;
  readonly responseHeadersSize: Histogram;
  readonly responseHeadersCount: Histogram;
  readonly responseBodySize: Histogram;
}

/** `scope` is `cluster.<name>.`. */
export function createTrackedStats(
  scope: StatsScope,
  wanted: { readonly timeoutBudgets: boolean; readonly sizes: boolean },
): TrackedStats {
  return {
    timeoutBudgets: wanted.timeoutBudgets
      ? {
          percentUsed: scope.histogram("upstream_rq_timeout_budget_percent_used"),
          perTryPercentUsed: scope.histogram("upstream_rq_timeout_budget_per_try_percent_used"),
        }
      : undefined,
    sizes: wanted.sizes
      ? {
          requestHeadersSize: scope.histogram("upstream_rq_headers_size"),
          requestHeadersCount: scope.histogram("upstream_rq_headers_count"),
          requestBodySize: scope.histogram("upstream_rq_body_size"),
          responseHeadersSize: scope.histogram("upstream_rs_headers_size"),
          responseHeadersCount: scope.histogram("upstream_rs_headers_count"),
          responseBodySize: scope.histogram("upstream_rs_body_size"),
        }
      : undefined,
  };
}

export function percentOfTimeout(elapsedMs: number, timeoutMs: number): number {
  return timeoutMs === 0 ? 0 : Math.floor((Math.floor(elapsedMs) * 100) / timeoutMs);
}
