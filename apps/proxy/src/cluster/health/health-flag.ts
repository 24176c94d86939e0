import type { HostSpec } from "../cluster-config.ts";
import type { HostHealth } from "../thread-local-cluster.ts";

/** Why a host is not simply healthy; bits of one number. The names are those that `/clusters` prints, in its order. */
export const HealthFlag = {
  FailedActiveHc: 1,
  FailedOutlierCheck: 2,
  FailedEdsHealth: 4,
  DegradedActiveHc: 8,
  DegradedEdsHealth: 16,
  PendingDynamicRemoval: 32,
  PendingActiveHc: 64,
  ExcludedViaImmediateHcFail: 128,
  ActiveHcTimeout: 256,
  EdsStatusDraining: 512,
  DegradedOutlierDetection: 1024,
} as const;
export type HealthFlag = (typeof HealthFlag)[keyof typeof HealthFlag];

export const HEALTH_FLAG_NAMES: ReadonlyArray<readonly [HealthFlag, string]> = [
  [HealthFlag.FailedActiveHc, "failed_active_hc"],
  [HealthFlag.FailedOutlierCheck, "failed_outlier_check"],
  [HealthFlag.FailedEdsHealth, "failed_eds_health"],
  [HealthFlag.DegradedActiveHc, "degraded_active_hc"],
  [HealthFlag.DegradedEdsHealth, "degraded_eds_health"],
  [HealthFlag.PendingDynamicRemoval, "pending_dynamic_removal"],
  [HealthFlag.PendingActiveHc, "pending_active_hc"],
  [HealthFlag.ExcludedViaImmediateHcFail, "excluded_via_immediate_hc_fail"],
  [HealthFlag.ActiveHcTimeout, "active_hc_timeout"],
  [HealthFlag.EdsStatusDraining, "eds_status_draining"],
  [HealthFlag.DegradedOutlierDetection, "degraded_outlier_detection"],
];

const FAILED =
  HealthFlag.FailedActiveHc |
  HealthFlag.FailedOutlierCheck |
  HealthFlag.FailedEdsHealth |
  HealthFlag.EdsStatusDraining;
const DEGRADED =
  HealthFlag.DegradedActiveHc | HealthFlag.DegradedEdsHealth | HealthFlag.DegradedOutlierDetection;
const EXCLUDED = HealthFlag.ExcludedViaImmediateHcFail | HealthFlag.EdsStatusDraining;

/** What load balancing goes by. */
export function healthOfFlags(flags: number): HostHealth {
  if ((flags & FAILED) !== 0) return "unhealthy";
  return (flags & DEGRADED) === 0 ? "healthy" : "degraded";
}

/**
 * Whether the host is left out when its priority's health is judged; `ignoreNew`: `ignore_new_hosts_until_first_hc`, which
 * leaves out those that were not checked yet.
 */
export function excludedByFlags(flags: number, ignoreNew: boolean): boolean {
  return (flags & (ignoreNew ? EXCLUDED | HealthFlag.PendingActiveHc : EXCLUDED)) !== 0;
}

/** The flags of an endpoint's `health_status`, by its name in `HealthStatus`. */
export function flagsOfEds(status: HostSpec["edsHealth"]): number {
  switch (status) {
    case "UNHEALTHY":
    case "TIMEOUT":
      return HealthFlag.FailedEdsHealth;
    case "DRAINING":
      return HealthFlag.EdsStatusDraining;
    case "DEGRADED":
      return HealthFlag.DegradedEdsHealth;
    default:
      return 0;
  }
}
