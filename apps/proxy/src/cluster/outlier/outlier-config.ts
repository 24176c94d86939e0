import type { Problem } from "@sluice/extension-api";
import type { OutlierDetection } from "@sluice/xds/gen/envoy/config/cluster/v3/outlier_detection_pb.js";
import { durationMs } from "../../config-message/duration-ms.ts";

/** `outlier_detection` with Envoy's defaults; plain data, so that it can cross threads. Times in ms, `enforcing…` in percent. */
export interface OutlierConfig {
  /** Default 5. */
  readonly consecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  readonly consecutiveLocalOriginFailure: number;
  /** Default 10 s: between two looks at success rates and at hosts that may come back. */
  readonly intervalMs: number;
  /** Default 30 s, times the number of ejections in a row. */
  readonly baseEjectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
  readonly maxEjectionTimeJitterMs: number;
  /** Default 10. */
  readonly maxEjectionPercent: number;
  readonly alwaysEjectOneHost: boolean;
  readonly enforcing: Readonly<Record<OutlierDetectionType, number>>;
  readonly successRateMinimumHosts: number;
  readonly successRateRequestVolume: number;
  /** Divided by 1000: how many standard deviations below the mean are too many. */
  readonly successRateStdevFactor: number;
  readonly failurePercentageThreshold: number;
  readonly failurePercentageMinimumHosts: number;
  readonly failurePercentageRequestVolume: number;
  readonly splitLocalOrigin: boolean;
  readonly unejectOnHealthCheck: boolean;
  readonly detectsDegraded: boolean;
}

/** What gets a host ejected; stat names are built of them. */
export const OUTLIER_DETECTION_TYPES = [
  "consecutive_5xx",
  "consecutive_gateway_failure",
  "consecutive_local_origin_failure",
  "success_rate",
  "local_origin_success_rate",
  "failure_percentage",
  "local_origin_failure_percentage",
] as const;
export type OutlierDetectionType = (typeof OUTLIER_DETECTION_TYPES)[number];

/** What a worker counts in a row. */
export type ConsecutiveType = Extract<OutlierDetectionType, `consecutive_${string}`>;

/** What a worker tells of a host: too many failures in a row, or that the host calls itself degraded. */
export type OutlierSign = ConsecutiveType | "degradation";

export const OUTLIER_SUPPORTED_FIELDS: readonly string[] = [
  "consecutive_5xx",
  "interval",
  "base_ejection_time",
  "max_ejection_percent",
  "enforcing_consecutive_5xx",
  "enforcing_success_rate",
  "success_rate_minimum_hosts",
  "success_rate_request_volume",
  "success_rate_stdev_factor",
  "consecutive_gateway_failure",
  "enforcing_consecutive_gateway_failure",
  "split_external_local_origin_errors",
  "consecutive_local_origin_failure",
  "enforcing_consecutive_local_origin_failure",
  "enforcing_local_origin_success_rate",
  "failure_percentage_threshold",
  "enforcing_failure_percentage",
  "enforcing_failure_percentage_local_origin",
  "failure_percentage_minimum_hosts",
  "failure_percentage_request_volume",
  "max_ejection_time",
  "max_ejection_time_jitter",
  "successful_active_health_check_uneject_host",
  "always_eject_one_host",
  "detect_degraded_hosts",
];

export function compileOutlierDetection(
  given: OutlierDetection | undefined,
  problems: Problem[],
): OutlierConfig | undefined {
  if (given === undefined) return undefined;
  const baseEjectionTimeMs = durationMs(given.baseEjectionTime, 30_000);
  const maxEjectionTimeMs = durationMs(given.maxEjectionTime, Math.max(300_000, baseEjectionTimeMs));
  if (given.maxEjectionTime !== undefined && maxEjectionTimeMs < baseEjectionTimeMs) {
    problems.push({
      path: "outlier_detection.max_ejection_time",
      message: "is shorter than base_ejection_time",
      severity: "error",
    });
  }
  return {
    consecutive5xx: given.consecutive5xx ?? 5,
    consecutiveGatewayFailure: given.consecutiveGatewayFailure ?? 5,
    consecutiveLocalOriginFailure: given.consecutiveLocalOriginFailure ?? 5,
    intervalMs: durationMs(given.interval, 10_000),
    baseEjectionTimeMs,
    maxEjectionTimeMs,
    maxEjectionTimeJitterMs: durationMs(given.maxEjectionTimeJitter, 0),
    maxEjectionPercent: given.maxEjectionPercent ?? 10,
    alwaysEjectOneHost: given.alwaysEjectOneHost ?? false,
    enforcing: {
      consecutive_5xx: given.enforcingConsecutive5xx ?? 100,
      consecutive_gateway_failure: given.enforcingConsecutiveGatewayFailure ?? 0,
      consecutive_local_origin_failure: given.enforcingConsecutiveLocalOriginFailure ?? 100,
      success_rate: given.enforcingSuccessRate ?? 100,
      local_origin_success_rate: given.enforcingLocalOriginSuccessRate ?? 100,
      failure_percentage: given.enforcingFailurePercentage ?? 0,
      local_origin_failure_percentage: given.enforcingFailurePercentageLocalOrigin ?? 0,
    },
    successRateMinimumHosts: given.successRateMinimumHosts ?? 5,
    successRateRequestVolume: given.successRateRequestVolume ?? 100,
    successRateStdevFactor: given.successRateStdevFactor ?? 1900,
    failurePercentageThreshold: given.failurePercentageThreshold ?? 85,
    failurePercentageMinimumHosts: given.failurePercentageMinimumHosts ?? 5,
    failurePercentageRequestVolume: given.failurePercentageRequestVolume ?? 50,
    splitLocalOrigin: given.splitExternalLocalOriginErrors,
    detectsDegraded: given.detectDegradedHosts ?? false,
    unejectOnHealthCheck: given.successfulActiveHealthCheckUnejectHost ?? true,
  };
}
