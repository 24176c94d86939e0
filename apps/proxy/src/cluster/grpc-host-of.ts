import type { GrpcHost } from "../grpc/grpc-stream.ts";
import type { ManagedCluster } from "./managed-cluster.ts";
import type { OwnConnections } from "./own-connections.ts";

const ALPN = { http2: ["h2"], http1: ["http/1.1"], tcp: undefined } as const;

/** A healthy host of the cluster, for the proxy's own gRPC clients; undefined: it has none. */
export function grpcHostOf(
  cluster: ManagedCluster | undefined,
  connections: OwnConnections,
): GrpcHost | undefined {
  const hosts = cluster?.hosts.filter((host) => host.health === "healthy") ?? [];
  const host = hosts[Math.floor(Math.random() * hosts.length)];
  if (host === undefined || cluster === undefined) return undefined;
  const secure = cluster.config.transportSocket !== undefined;
  return {
    address: host.address,
    secure,
    open: (protocol = "http2") => {
      const alpn = ALPN[protocol];
      const socket = cluster.connector(host, secure && alpn !== undefined ? { alpn } : undefined);
      return connections.open(socket, cluster.ownStats, protocol);
    },
  };
}
