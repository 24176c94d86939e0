import type { Runtime } from "@sluice/extension-api";
import type { OutlierConfig } from "./outlier-config.ts";

const KEYS = {
  intervalMs: "interval_ms",
  baseEjectionTimeMs: "base_ejection_time_ms",
  maxEjectionTimeMs: "max_ejection_time_ms",
  maxEjectionTimeJitterMs: "max_ejection_time_jitter_ms",
  maxEjectionPercent: "max_ejection_percent",
  successRateMinimumHosts: "success_rate_minimum_hosts",
  successRateRequestVolume: "success_rate_request_volume",
  successRateStdevFactor: "success_rate_stdev_factor",
  failurePercentageThreshold: "failure_percentage_threshold",
  failurePercentageMinimumHosts: "failure_percentage_minimum_hosts",
  failurePercentageRequestVolume: "failure_percentage_request_volume",
} as const;

/** The settings as they are now: operators may set them for all clusters by runtime, `outlier_detection.…`. */
export function outlierConfigNow(config: OutlierConfig, runtime: Runtime): OutlierConfig {
  const now = (field: keyof typeof KEYS): number =>
    runtime.integer(`outlier_detection.${KEYS[field]}`, config[field]);
  return {
    ...config,
    intervalMs: now("intervalMs"),
    baseEjectionTimeMs: now("baseEjectionTimeMs"),
    maxEjectionTimeMs: now("maxEjectionTimeMs"),
    maxEjectionTimeJitterMs: now("maxEjectionTimeJitterMs"),
    maxEjectionPercent: now("maxEjectionPercent"),
    successRateMinimumHosts: now("successRateMinimumHosts"),
    successRateRequestVolume: now("successRateRequestVolume"),
    successRateStdevFactor: now("successRateStdevFactor"),
    failurePercentageThreshold: now("failurePercentageThreshold"),
    failurePercentageMinimumHosts: now("failurePercentageMinimumHosts"),
    failurePercentageRequestVolume: now("failurePercentageRequestVolume"),
  };
}
