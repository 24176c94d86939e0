import type { HeaderMap, Runtime } from "@sluice/extension-api";
import type { WeightedClusters } from "@sluice/matching";
import type { ClusterSpecifier } from "./cluster-specifier.ts";
import type { RouteEntry } from "./route-entry.ts";
import type { MatchedStream, StreamMatchingData } from "./stream-matching-data.ts";

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
      const at = weights.pick(random, headers, runtime, hash);
      const header = payload.headers[at] ?? "";
      return header === "" ? entries[at] : entries[at]?.withCluster(headers.get(header) ?? "");
    }
  }
}
