import type { HeaderMap, Runtime } from "@sluice/extension-api";
import type { WeightedClusters } from "@sluice/matching";
import { type MatchedStream, StreamMatchingData } from "../http-filter/stream-matching-data.ts";
import type { ClusterSpecifier } from "./cluster-specifier.ts";
import type { RouteEntry, RouteOrigin } from "./route-entry.ts";

/** What a route compiles to: how to get from a match to an entry, that is, to a cluster. */
export type RoutePayload =
  | { readonly kind: "fixed"; readonly entry: RouteEntry }
  | { readonly kind: "clusterHeader"; readonly entry: RouteEntry; readonly header: string }
  /** `undefined`: an optional plugin that is unknown; the request finds no route. */
  | {
      readonly kind: "specified";
      readonly entry: RouteEntry;
      readonly specifier: ClusterSpecifier | undefined;
    }
  | {
      readonly kind: "weighted";
      readonly weights: WeightedClusters;
      readonly entries: readonly RouteEntry[];
      /** By entry: the request header that names its cluster, "" when it has a name of its own. */
      readonly headers: readonly string[];
    };

/**
 * @param random the stream's own number
 * @param data `stream` as matchers see it
 */
export function resolveRoute(
  payload: RoutePayload,
  headers: HeaderMap,
  random: number,
  stream: MatchedStream,
  data: StreamMatchingData,
  runtime: Runtime,
): RouteEntry | undefined {
  switch (payload.kind) {
    case "fixed":
      return payload.entry;
    case "clusterHeader":
      return payload.entry.withCluster(headers.get(payload.header) ?? "");
    case "specified":
      return payload.specifier && payload.entry.withCluster(payload.specifier.clusterFor(data));
    case "weighted": {
      const { weights, entries } = payload;
      const hash = weights.usesHash ? entries[0]?.policies.hashPolicy?.hash(headers, stream) : undefined;
      return weightedEntry(payload, weights.pick(random, headers, runtime, hash), headers);
    }
  }
}

/**
 * The route that a request has, with its cluster chosen anew (`refresh_cluster_on_retry`). Of weighted clusters one that was not
 * tried yet, until all have been.
 *
 * @param tried indices of weighted clusters; kept up to date
 */
export function refreshRoute(
  entry: RouteEntry,
  tried: Set<number>,
  headers: HeaderMap,
  random: number,
  stream: MatchedStream,
  runtime: Runtime,
): RouteEntry | undefined {
  const { payload, part } = entry.origin ?? NO_ORIGIN;
  // As in Envoy a header that names the cluster is read once.
  if (payload === undefined || payload.kind === "clusterHeader") return entry;
  if (payload.kind !== "weighted")
    return resolveRoute(payload, headers, random, stream, new StreamMatchingData(stream, runtime), runtime);
  tried.add(part);
  const { weights, entries } = payload;
  const hash = weights.usesHash ? entries[0]?.policies.hashPolicy?.hash(headers, stream) : undefined;
  let at = weights.pick(random, headers, runtime, hash, tried);
  if (at < 0) {
    tried.clear();
    at = weights.pick(random, headers, runtime, hash);
  }
  tried.add(at);
  return weightedEntry(payload, at, headers);
}

function weightedEntry(
  { entries, headers: names }: RoutePayload & { kind: "weighted" },
  at: number,
  headers: HeaderMap,
): RouteEntry | undefined {
  const header = names[at] ?? "";
  return header === "" ? entries[at] : entries[at]?.withCluster(headers.get(header) ?? "");
}

const NO_ORIGIN: RouteOrigin = { payload: undefined, part: -1 };
