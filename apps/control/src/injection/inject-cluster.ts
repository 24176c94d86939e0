import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClusterSchema,
  TrackClusterStatsSchema,
} from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";

/** The cluster with stats per endpoint, unless the user said what to track. */
export function injectCluster(value: Uint8Array): Uint8Array {
  const cluster = fromBinary(ClusterSchema, value);
  if (cluster.trackClusterStats !== undefined) return value;
  cluster.trackClusterStats = create(TrackClusterStatsSchema, { perEndpointStats: true });
  return toBinary(ClusterSchema, cluster);
}
