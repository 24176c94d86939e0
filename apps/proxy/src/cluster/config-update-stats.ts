import type { StatsScope } from "@sluice/extension-api";

/** What the main thread counts of a cluster's discovery; listed as 0 also where its type has no such thing, as Envoy lists them. */
export function defineConfigUpdateStats(scope: StatsScope): void {
  for (const name of [
    "assignment_stale",
    "assignment_timeout_received",
    "assignment_use_cached",
    "update_attempt",
    "update_empty",
    "update_failure",
    "update_no_rebuild",
    "update_success",
    "original_dst_host_invalid",
  ]) {
    scope.counter(name);
  }
  for (const name of ["max_host_weight", "version"]) scope.gauge(name);
}
