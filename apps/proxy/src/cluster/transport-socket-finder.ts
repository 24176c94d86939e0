import { fromBinary } from "@bufbuild/protobuf";
import type { Counter, StatsScope } from "@sluice/extension-api";
import { INSUFFICIENT_DATA } from "@sluice/matching";
import { MatcherSchema } from "@sluice/xds/gen/xds/type/matcher/v3/matcher_pb.js";
import type { ConnectOptions } from "../transport-socket/upstream-transport-socket.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import type { Host } from "./thread-local-cluster.ts";
import { compileTransportSocketMatcher } from "./transport-socket-matcher.ts";
import { metadataMatches, TRANSPORT_SOCKET_MATCH } from "./transport-socket-matches.ts";

type MatchedHost = Pick<Host, "metadata" | "localityMetadata">;

/** Finds the one of a cluster's `transport_socket_matches` that a connection gets, by its index. */
export interface TransportSocketFinder {
  /** -1: none, but the cluster's own socket. */
  find(host: MatchedHost, options: Pick<ConnectOptions, "shared">): number;
  /** Whether two connections to one host may get different ones. */
  readonly perConnection: boolean;
}

/** By the matcher tree where there is one, else by the endpoint's metadata, else by its locality's. */
export function transportSocketFinder(config: ClusterConfig): TransportSocketFinder {
  const { transportSocketMatches: matches, transportSocketMatcher: matcher } = config;
  if (matcher === undefined) {
    const by = (metadata: MatchedHost["metadata"]): number =>
      matches.findIndex(({ match }) => metadataMatches(match, metadata?.[TRANSPORT_SOCKET_MATCH]));
    return {
      find: ({ metadata, localityMetadata }) => {
        const own = by(metadata);
        return own >= 0 ? own : by(localityMetadata);
      },
      perConnection: false,
    };
  }
  const compiled = compileTransportSocketMatcher(
    fromBinary(MatcherSchema, matcher),
    "transport_socket_matcher",
  );
  if (!compiled.ok) throw new Error("transport_socket_matcher was not checked");
  const { tree, usesFilterState } = compiled.value;
  return {
    find: ({ metadata, localityMetadata }, { shared }) => {
      const answer = tree.match({
        endpointMetadata: metadata,
        localityMetadata,
        filterState: (key) => shared?.get(key),
      });
      if (answer === undefined || answer === INSUFFICIENT_DATA) return -1;
      return matches.findIndex(({ name }) => name === answer.name);
    },
    perConnection: usesFilterState,
  };
}

/** `cluster.<name>.<match>.total_match_count`, by the index of the match; the last one counts those without. */
function matchCounters({ transportSocketMatches }: ClusterConfig, scope: StatsScope): readonly Counter[] {
  return [...transportSocketMatches.map(({ name }) => name), "default"].map((name) =>
    scope.scope(name).counter("total_match_count"),
  );
}

/** Counts what `find` answers. */
export type CountMatch = (host: MatchedHost, options: Pick<ConnectOptions, "shared">) => void;

/** As Envoy: each host once, when it comes. `scope`: `cluster.<name>.` */
export function transportSocketCount(config: ClusterConfig, scope: StatsScope): CountMatch {
  const counters = matchCounters(config, scope);
  const finder = transportSocketFinder(config);
  return (host, options) => counters.at(finder.find(host, options))?.inc();
}
