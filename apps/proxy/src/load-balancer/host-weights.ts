import type { Host } from "../cluster/thread-local-cluster.ts";
import type { HostSet } from "./host-set.ts";

/** Hosts with their shares, which add up to 1. */
export interface HostWeights {
  readonly hosts: readonly Host[];
  readonly weights: readonly number[];
  readonly least: number;
  readonly greatest: number;
}

/** Of the healthy hosts of a priority, or in panic of all. `byLocality`: each locality's share is its weight's. */
export function normalizeHostWeights(set: HostSet, panic: boolean, byLocality: boolean): HostWeights {
  const hosts: Host[] = [];
  const weights: number[] = [];
  const add = (list: readonly Host[], share: number): void => {
    const sum = list.reduce((all, host) => all + host.weight, 0);
    for (const host of list) {
      hosts.push(host);
      weights.push((host.weight * share) / sum);
    }
  };
  if (!byLocality || !set.heedsLocalityWeights) add(panic ? set.hosts : set.healthy, 1);
  else {
    // As in Envoy: localities without a weight have no share, even where none has one.
    const shares = set.localities.map(({ weight }) => weight);
    const sum = shares.reduce((all, share) => all + share, 0);
    set.localities.forEach((locality, index) => {
      const share = shares[index] ?? 0;
      if (share > 0) add(panic ? locality.hosts : locality.healthy, share / sum);
    });
  }
  let least = 1;
  let greatest = 0;
  for (const weight of weights) {
    least = Math.min(least, weight);
    greatest = Math.max(greatest, weight);
  }
  return { hosts, weights, least, greatest };
}
