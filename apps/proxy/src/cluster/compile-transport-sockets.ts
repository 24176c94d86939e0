import { toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { TransportSocketSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { MatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/matcher_pb.js";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { compileUpstreamTransportSocket } from "../transport-socket/compile-upstream-transport-socket.ts";
import type { UpstreamSocketContext } from "../transport-socket/upstream-transport-socket.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import { compileTransportSocketMatcher } from "./transport-socket-matcher.ts";
import { transportSocketMatches } from "./transport-socket-matches.ts";

/** A cluster's transport sockets, tried out here; they cross to the workers as they were configured. */
export function compileTransportSockets(
  cluster: Cluster,
  extensions: ExtensionRegistry,
  secrets: SecretLookup,
  problems: Problem[],
): Pick<ClusterConfig, "transportSocket" | "transportSocketMatches" | "transportSocketMatcher"> {
  const context: UpstreamSocketContext = {
    secrets: { ticketSeed: secrets.ticketSeed, get: (key) => secrets.get(key), subscribe: () => () => {} },
    extensions,
    stats: discardingStats(),
    onError: () => {},
    onClose: () => {},
  };
  const { transportSocket, transportSocketMatcher } = cluster;
  const sockets = [
    [transportSocket, "transport_socket"] as const,
    ...cluster.transportSocketMatches.map(
      (each, index) => [each.transportSocket, `transport_socket_matches[${index}].transport_socket`] as const,
    ),
  ];
  for (const [index, [socket, path]] of sockets.entries()) {
    // As Envoy: none is not named, and one that is has its configuration.
    if (socket?.configType.case !== "typedConfig" && (socket !== undefined || index > 0)) {
      problems.push({ path, message: "needs a typed_config", severity: "error" });
      continue;
    }
    const compiled = compileUpstreamTransportSocket(socket, path, context);
    if (!compiled.ok) problems.push(...compiled.problems);
  }
  if (transportSocketMatcher !== undefined) {
    const compiled = compileTransportSocketMatcher(transportSocketMatcher, "transport_socket_matcher");
    if (!compiled.ok) problems.push(...compiled.problems);
    problems.push(...unclearNames(cluster));
  }
  return {
    transportSocketMatcher:
      transportSocketMatcher === undefined ? undefined : toBinary(MatcherSchema, transportSocketMatcher),
    transportSocket:
      transportSocket === undefined ? undefined : toBinary(TransportSocketSchema, transportSocket),
    transportSocketMatches: transportSocketMatches(cluster),
  };
}

/** A matcher names the sockets, so that each needs a name of its own. */
function unclearNames({ transportSocketMatches: matches }: Cluster): readonly Problem[] {
  return matches.flatMap(({ name }, index): Problem[] => {
    const first = matches.findIndex((each) => each.name === name);
    if (name !== "" && first === index) return [];
    const message =
      name === "" ? "a name is required with transport_socket_matcher" : `'${name}' stands here twice`;
    return [{ path: `transport_socket_matches[${index}].name`, message, severity: "error" }];
  });
}
