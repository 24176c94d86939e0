import type { ClusterInfo } from "../cluster/thread-local-cluster.ts";
import type { RequestStreamInfo } from "./request-stream-info.ts";

/** Notes for logs and tags which cluster the request is sent to, or would have been. */
export function tellCluster(streamInfo: RequestStreamInfo, name: string, info: ClusterInfo): void {
  streamInfo.upstreamCluster = name;
  streamInfo.upstreamClusterStatName = info.statName;
  streamInfo.upstreamClusterMetadata = info.metadata;
}
