import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";

interface ToldCluster {
  readonly statName: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Notes for logs and tags which cluster the request is for, by its route; `undefined`: none. */
export function tellCluster(
  streamInfo: RequestStreamInfo,
  name: string | undefined,
  cluster: ToldCluster | undefined,
): void {
  streamInfo.upstreamCluster = cluster === undefined ? undefined : name;
  streamInfo.upstreamClusterStatName = cluster?.statName;
  streamInfo.upstreamClusterMetadata = cluster?.metadata;
}
