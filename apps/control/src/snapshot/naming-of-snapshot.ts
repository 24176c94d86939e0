import { fromBinary } from "@bufbuild/protobuf";
import type { ResourceKind } from "@sluice/config";
import { type Naming, namingOf, topologyConfigurationOf } from "@sluice/telemetry";
import type { Snapshot } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { typeUrlOf } from "./build-snapshot.ts";

/** How the names in the nodes' stats lead back to the configurations'; of resources with the same name, the last counts. */
export function namingOfSnapshots(snapshots: readonly Snapshot[]): Naming {
  const values = (kind: ResourceKind) => {
    const byName = new Map<string, Uint8Array>();
    for (const { types } of snapshots) {
      for (const { name, value } of types.get(typeUrlOf(kind))?.resources.values() ?? [])
        byName.set(name, value);
    }
    return [...byName.values()];
  };
  return namingOf(
    topologyConfigurationOf({
      listeners: values("listeners").map((value) => fromBinary(ListenerSchema, value)),
      routes: values("routes").map((value) => fromBinary(RouteConfigurationSchema, value)),
      clusters: values("clusters").map((value) => fromBinary(ClusterSchema, value)),
      endpoints: [],
    }),
  );
}
