import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.health_check.…` */
export interface HealthCheckStats {
  readonly requestTotal: Counter;
  readonly ok: Counter;
  /** Answers that are no 2xx, whoever gave them first. */
  readonly failed: Counter;
  readonly cachedResponse: Counter;
  readonly degraded: Counter;
  readonly failedClusterNotFound: Counter;
  readonly failedClusterEmpty: Counter;
  readonly failedClusterUnhealthy: Counter;
}

export function createHealthCheckStats(scope: StatsScope): HealthCheckStats {
  const own = scope.scope("health_check");
  return {
    requestTotal: own.counter("request_total"),
    ok: own.counter("ok"),
    failed: own.counter("failed"),
    cachedResponse: own.counter("cached_response"),
    degraded: own.counter("degraded"),
    failedClusterNotFound: own.counter("failed_cluster_not_found"),
    failedClusterEmpty: own.counter("failed_cluster_empty"),
    failedClusterUnhealthy: own.counter("failed_cluster_unhealthy"),
  };
}
