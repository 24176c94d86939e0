import type { ManagedCluster } from "../cluster/managed-cluster.ts";
import type { GrpcHost } from "./grpc-stream.ts";

/** A healthy host of the cluster, for the proxy's own gRPC clients; undefined: it has none. */
export function grpcHostOf(cluster: ManagedCluster | undefined): GrpcHost | undefined {
  const hosts = cluster?.hosts.filter((host) => host.health === "healthy") ?? [];
  const host = hosts[Math.floor(Math.random() * hosts.length)];
  if (host === undefined || cluster === undefined) return undefined;
  const secure = cluster.config.transportSocket !== undefined;
  const connect = (alpn: readonly string[] = ["h2"]) =>
    cluster.connector(host, secure ? { alpn } : undefined);
  return { address: host.address, secure, connect };
}
