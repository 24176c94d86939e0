import type { HeaderMap, Runtime } from "@sluice/extension-api";
import type { WeightedClusters } from "@sluice/matching";
import type { HashSource } from "./hash-policy.ts";
import type { RouteEntry } from "./route-entry.ts";

/** What a route compiles to: how to get from a match to an entry, that is, to a cluster. */
export type RoutePayload =
  | { readonly kind: "fixed"; readonly entry: RouteEntry }
  | { readonly kind: "clusterHeader"; readonly entry: RouteEntry; readonly header: string }
  | {
      readonly kind: "weighted";
      readonly weights: WeightedClusters;
      readonly entries: readonly RouteEntry[];
      /** By entry: the request header that names its cluster, "" when it has a name of its own. */
      readonly headers: readonly string[];
    };

/** @param random the stream's own number */
export function resolveRoute(
  payload: RoutePayload,
  headers: HeaderMap,
  random: number,
  source: HashSource,
  runtime: Runtime,
): RouteEntry | undefined {
  switch (payload.kind) {
    case "fixed":
      return payload.entry;
    case "clusterHeader":
      return payload.entry.withCluster(headers.get(payload.header) ?? "");
    case "weighted": {
      const { weights, entries } = payload;
      const hash = weights.usesHash ? entries[0]?.policies.hashPolicy?.hash(headers, source) : undefined;
      const at = weights.pick(random, headers, runtime, hash);
      const header = payload.headers[at] ?? "";
      return header === "" ? entries[at] : entries[at]?.withCluster(headers.get(header) ?? "");
    }
  }
}
