import type { StatsScope } from "@sluice/extension-api";

/** Histogram of a subscription: what applying each update took, in whole milliseconds. Of files and REST Envoy lists it empty. */
export const UPDATE_DURATION = "update_duration";

/** Gauges of a subscription, listed as 0 before its first update. */
export const UPDATE_GAUGES = ["update_time", "version"] as const;

/** `sinceMs`: of `performance.now()`. */
export function recordUpdate(scope: StatsScope, sinceMs: number): void {
  scope.histogram(UPDATE_DURATION).record(Math.floor(performance.now() - sinceMs));
}
