import type { Problem } from "@sluice/extension-api";
import {
  type Cluster,
  Cluster_DiscoveryType as DiscoveryType,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { HealthStatus } from "@sluice/xds/gen/envoy/config/core/v3/health_check_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { CommonLbSettings } from "./cluster-config.ts";
import { healthOf } from "./compile-endpoints.ts";

/** Envoy's default of `override_host_status`. */
const OVERRIDE_STATUSES = [HealthStatus.UNKNOWN, HealthStatus.HEALTHY, HealthStatus.DEGRADED];

export function compileCommonLb(cluster: Cluster, problems: Problem[]): CommonLbSettings {
  const { commonLbConfig: config, clusterDiscoveryType: discovery } = cluster;
  // As Envoy, a `cluster_type` of that kind is none of that type.
  const named = discovery.case === "type" && discovery.value === DiscoveryType.STRICT_DNS;
  if (config?.consistentHashingLbConfig?.useHostnameForHashing === true && !named) {
    problems.push({
      path: "common_lb_config.consistent_hashing_lb_config.use_hostname_for_hashing",
      message: "hosts can be hashed by name in clusters of type STRICT_DNS only",
      severity: "error",
    });
  }
  const statuses = config?.overrideHostStatus?.statuses ?? OVERRIDE_STATUSES;
  return {
    // As Envoy: what is behind the point is cut off.
    panicThreshold: Math.trunc(config?.healthyPanicThreshold?.value ?? 50),
    closeConnectionsOnHostSetChange: config?.closeConnectionsOnHostSetChange ?? false,
    updateMergeWindowMs: durationMs(config?.updateMergeWindow, 1000),
    overrideHostStatus: [...new Set(statuses.map(healthOf))],
  };
}
