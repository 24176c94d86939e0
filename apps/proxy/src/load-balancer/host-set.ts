import type { Host } from "../cluster/thread-local-cluster.ts";

/** What a load assignment says about all of its endpoints (`ClusterLoadAssignment.policy`). */
export interface AssignmentPolicy {
  /** Percent; default 140: a priority takes all its load while 1/1.4 of its hosts are healthy. */
  readonly overprovisioningFactor: number;
  /** Health of a priority by the weights of its hosts instead of their number. */
  readonly weightedPriorityHealth: boolean;
  /** Share of requests that is refused, in millionths. */
  readonly dropPerMillion: number;
  /** What load reports call these. */
  readonly dropCategory: string;
}

export const DEFAULT_ASSIGNMENT_POLICY: AssignmentPolicy = {
  overprovisioningFactor: 140,
  weightedPriorityHealth: false,
  dropPerMillion: 0,
  dropCategory: "",
};

/** The hosts of one priority, by health, and again by locality. Immutable. */
export interface HostSet {
  readonly priority: number;
  readonly hosts: readonly Host[];
  readonly healthy: readonly Host[];
  readonly degraded: readonly Host[];
  /** Not counted when a priority's health is judged. */
  readonly excludedCount: number;
  /** In Envoy's order: the local locality first where it has hosts, then by region, zone and sub-zone. */
  readonly localities: readonly LocalityHosts[];
  /** False in a subset that does not heed the weights of localities: all of them have 0 then. */
  readonly heedsLocalityWeights: boolean;
  /** The first of `localities` is this node's own. */
  readonly hasLocalLocality: boolean;
  readonly policy: AssignmentPolicy;
}

export interface LocalityHosts {
  /** See `localityKey`. */
  readonly key: string;
  /** `load_balancing_weight`; 0 when it has none. */
  readonly weight: number;
  readonly hosts: readonly Host[];
  readonly healthy: readonly Host[];
  readonly degraded: readonly Host[];
  readonly excludedCount: number;
}

/** Region, zone and sub-zone in one; sorts as Envoy's localities do. */
export function localityKey(region: string, zone: string, subZone: string): string {
  return `${region}\u0000${zone}\u0000${subZone}`;
}

/** One set per priority from 0 to the highest that has hosts; at least one. */
export function buildHostSets(
  hosts: Iterable<Host>,
  policy: AssignmentPolicy,
  localLocality: string,
): readonly HostSet[] {
  const byPriority: Host[][] = [[]];
  for (const host of hosts) {
    while (byPriority.length <= host.priority) byPriority.push([]);
    byPriority[host.priority]?.push(host);
  }
  return byPriority.map((list, priority) => buildHostSet(list, priority, policy, localLocality));
}

function buildHostSet(
  hosts: readonly Host[],
  priority: number,
  policy: AssignmentPolicy,
  localLocality: string,
): HostSet {
  const byLocality = new Map<string, Host[]>();
  for (const host of hosts) {
    const found = byLocality.get(host.locality);
    if (found === undefined) byLocality.set(host.locality, [host]);
    else found.push(host);
  }
  const hasLocalLocality = byLocality.has(localLocality);
  const keys = [...byLocality.keys()].sort((a, b) => {
    if (a === localLocality || b === localLocality) return a === localLocality ? -1 : 1;
    return a < b ? -1 : 1;
  });
  return {
    priority,
    ...byHealth(hosts),
    localities: keys.map((key) => {
      const inside = byLocality.get(key) ?? [];
      return { key, weight: inside[0]?.localityWeight ?? 0, ...byHealth(inside) };
    }),
    heedsLocalityWeights: true,
    hasLocalLocality,
    policy,
  };
}

function byHealth(hosts: readonly Host[]): Pick<HostSet, "hosts" | "healthy" | "degraded" | "excludedCount"> {
  return {
    hosts,
    healthy: hosts.filter((host) => host.health === "healthy" && !host.excluded),
    degraded: hosts.filter((host) => host.health === "degraded" && !host.excluded),
    excludedCount: hosts.filter((host) => host.excluded).length,
  };
}

/** The weights of `localities` in their order, or undefined where none has one: then localities are not weighted. */
export function localityWeights(set: HostSet): readonly number[] | undefined {
  const weights = set.localities.map((locality) => locality.weight);
  return weights.some((weight) => weight > 0) ? weights : undefined;
}
