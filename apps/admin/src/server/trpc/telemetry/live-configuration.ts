import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { type KindContent, liveTarget, loadVersionContent } from "@sluice/config";
import type { Sql } from "@sluice/database";
import { type TopologyConfiguration, topologyConfigurationOf } from "@sluice/telemetry";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";

export interface LiveConfiguration {
  /** Undefined before the first publish. */
  readonly version: number | undefined;
  readonly configuration: TopologyConfiguration;
}

const NOTHING: LiveConfiguration = {
  version: undefined,
  configuration: { listeners: [], virtualHosts: [], clusters: [] },
};

let known: LiveConfiguration = NOTHING;

/** What the graph needs of the version that nodes are told to run; decoded once per version and process. */
export async function liveConfiguration(sql: Sql): Promise<LiveConfiguration> {
  const target = await liveTarget({ sql });
  if (target === undefined) return NOTHING;
  if (known.version === target.version) return known;
  const { kinds } = await loadVersionContent({ sql }, target.version);
  known = {
    version: target.version,
    configuration: topologyConfigurationOf({
      listeners: decoded(kinds.listeners, ListenerSchema),
      routes: decoded(kinds.routes, RouteConfigurationSchema),
      clusters: decoded(kinds.clusters, ClusterSchema),
      endpoints: decoded(kinds.endpoints, ClusterLoadAssignmentSchema),
    }),
  };
  return known;
}

function decoded<Schema extends DescMessage>(content: KindContent, schema: Schema): MessageShape<Schema>[] {
  return [...content.resources.values()].map(({ value }) => fromBinary(schema, value));
}
