import type { Problem } from "@sluice/extension-api";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { Discovery } from "./cluster-config.ts";

/** `type: ORIGINAL_DST` with `original_dst_lb_config` and `cleanup_interval`. */
export function compileOriginalDst(cluster: Cluster, problems: Problem[]): Discovery {
  const config = cluster.lbConfig.case === "originalDstLbConfig" ? cluster.lbConfig.value : undefined;
  const refuse = (path: string, message: string): void => {
    problems.push({ path, message, severity: "error" });
  };
  if (cluster.loadAssignment !== undefined) {
    refuse("load_assignment", "ORIGINAL_DST clusters must have no load assignment");
  }
  if (config !== undefined && !config.useHttpHeader && config.httpHeaderName !== "") {
    refuse("original_dst_lb_config.http_header_name", "needs use_http_header: true");
  }
  const named = config?.httpHeaderName.toLowerCase() ?? "";
  const key = config?.metadataKey;
  return {
    kind: "original_dst",
    header: config?.useHttpHeader === true ? (named === "" ? EnvoyHeader.originalDstHost : named) : "",
    metadataKey:
      key === undefined
        ? undefined
        : {
            filter: key.key,
            path: key.path.map(({ segment }) => (segment.case === "key" ? segment.value : "")),
          },
    portOverride: config?.upstreamPortOverride ?? 0,
    cleanupIntervalMs: durationMs(cluster.cleanupInterval, 5000),
  };
}
