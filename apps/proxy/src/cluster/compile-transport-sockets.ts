import { toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { TransportSocketSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { ExtensionRegistry } from "../extensions/extension-registry.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { compileUpstreamTransportSocket } from "../transport-socket/compile-upstream-transport-socket.ts";
import type { UpstreamSocketContext } from "../transport-socket/upstream-transport-socket.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { transportSocketMatches } from "./transport-socket-matches.ts";

/** A cluster's transport sockets, tried out here; they cross to the workers as they were configured. */
export function compileTransportSockets(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  secrets: SecretLookup,
  problems: Problem[],
): Pick<ClusterConfig, "transportSocket" | "transportSocketMatches"> {
  const context: UpstreamSocketContext = {
    secrets: { ticketSeed: secrets.ticketSeed, get: (key) => secrets.get(key), subscribe: () => () => {} },
    extensions,
    stats: discardingStats(),
    onError: () => {},
    onClose: () => {},
  };
  const { transportSocket } = cluster;
  const sockets = [
    [transportSocket, "transport_socket"] as const,
    ...cluster.transportSocketMatches.map(
      (each, index) => [each.transportSocket, `transport_socket_matches[${index}].transport_socket`] as const,
    ),
  ];
  for (const [socket, path] of sockets) {
    const compiled = compileUpstreamTransportSocket(socket, path, context);
    if (!compiled.ok) problems.push(...compiled.problems);
  }
  return {
    transportSocket:
      transportSocket === undefined ? undefined : toBinary(TransportSocketSchema, transportSocket),
    transportSocketMatches: transportSocketMatches(cluster),
  };
}
