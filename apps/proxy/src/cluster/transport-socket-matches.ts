import { toBinary } from "@bufbuild/protobuf";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { TransportSocketSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** Where endpoints say which transport socket is theirs. */
export const TRANSPORT_SOCKET_MATCH = "envoy.transport_socket_match";

/** One of a cluster's `transport_socket_matches`; plain data. */
export interface TransportSocketMatch {
  readonly name: string;
  /** All of these must be in the endpoint's metadata; none: every endpoint matches. */
  readonly match: Readonly<Record<string, unknown>>;
  /** An encoded TransportSocket; undefined: raw. */
  readonly transportSocket: Uint8Array | undefined;
}

export function transportSocketMatches(cluster: Cluster): readonly TransportSocketMatch[] {
  return cluster.transportSocketMatches.map(({ name, match, transportSocket }) => ({
    name,
    match: match ?? {},
    transportSocket:
      transportSocket === undefined ? undefined : toBinary(TransportSocketSchema, transportSocket),
  }));
}

export function metadataMatches(match: Readonly<Record<string, unknown>>, metadata: unknown): boolean {
  const entries = Object.entries(match);
  if (entries.length === 0) return true;
  if (typeof metadata !== "object" || metadata === null) return false;
  return entries.every(([key, value]) => sameValue(Reflect.get(metadata, key), value));
}

/** Equality of JSON values; the order of members does not count. */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length && keys.every((key) => sameValue(Reflect.get(a, key), Reflect.get(b, key)))
  );
}
