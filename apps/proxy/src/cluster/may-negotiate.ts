import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";

/** Whether a cluster's transport socket may settle on a protocol (ALPN). */
export function mayNegotiate({ transportSocket }: Cluster): boolean {
  const config = transportSocket?.configType;
  return config?.case === "typedConfig" && !config.value.typeUrl.endsWith(".RawBuffer");
}
