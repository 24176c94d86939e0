import type { Cluster_CommonLbConfig } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { HealthStatus } from "@sluice/xds/gen/envoy/config/core/v3/health_check_pb.js";
import type { CommonLbSettings } from "./cluster-config.ts";
import { healthOf } from "./compile-endpoints.ts";

/** Envoy's default of `override_host_status`. */
const OVERRIDE_STATUSES = [HealthStatus.UNKNOWN, HealthStatus.HEALTHY, HealthStatus.DEGRADED];

export function compileCommonLb(config: Cluster_CommonLbConfig | undefined): CommonLbSettings {
  const statuses = config?.overrideHostStatus?.statuses ?? OVERRIDE_STATUSES;
  return {
    panicThreshold: Math.round(config?.healthyPanicThreshold?.value ?? 50),
    closeConnectionsOnHostSetChange: config?.closeConnectionsOnHostSetChange ?? false,
    overrideHostStatus: [...new Set(statuses.map(healthOf))],
  };
}
