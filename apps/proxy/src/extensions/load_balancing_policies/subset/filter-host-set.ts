import type { Host } from "../../../cluster/thread-local-cluster.ts";
import type { HostSet } from "../../../load-balancer/host-set.ts";
import type { SubsetConfig } from "./config.ts";

/** The part of a priority that belongs to a subset. Localities keep their places, empty or not. */
export function filterHostSet(
  set: HostSet,
  keep: ReadonlySet<Host>,
  weights: SubsetConfig["localityWeights"],
): HostSet {
  return {
    ...set,
    ...filterLists(set, keep),
    heedsLocalityWeights: weights !== "none",
    localities: set.localities.map((locality) => {
      const lists = filterLists(locality, keep);
      return { ...locality, ...lists, weight: weightOf(locality, lists.hosts.length, weights) };
    }),
  };
}

function filterLists(
  from: Pick<HostSet, "hosts" | "healthy" | "degraded">,
  keep: ReadonlySet<Host>,
): Pick<HostSet, "hosts" | "healthy" | "degraded" | "excludedCount"> {
  const inside = (host: Host): boolean => keep.has(host);
  const hosts = from.hosts.filter(inside);
  return {
    hosts,
    healthy: from.healthy.filter(inside),
    degraded: from.degraded.filter(inside),
    excludedCount: hosts.filter((host) => host.excluded).length,
  };
}

function weightOf(
  locality: { readonly weight: number; readonly hosts: readonly Host[] },
  left: number,
  weights: SubsetConfig["localityWeights"],
): number {
  if (weights === "none") return 0;
  if (weights === "as they are" || locality.hosts.length === 0) return locality.weight;
  return Math.round((locality.weight * left) / locality.hosts.length);
}
