import type { Random, Runtime } from "@sluice/extension-api";
import type { Host } from "../cluster/thread-local-cluster.ts";
import type { HostSet } from "./host-set.ts";
import { below } from "./load-balancer.ts";
import type { LoadBalancerStats } from "./load-balancer-stats.ts";
import type { ZoneAwareConfig } from "./locality-config.ts";

/** Shares are in hundredths of a percent. */
const WHOLE = 10_000;

/**
 * How priority 0 of a cluster is spread over zones so that each zone's proxies keep to their own as far as it can take
 * their share: computed from this cluster's hosts and those of the local cluster (the proxies themselves).
 */
export interface ZoneRouting {
  /** All requests go to the local locality, the first. */
  readonly direct: boolean;
  /** Of 10,000 requests so many stay in the local locality; the others go by what is free elsewhere. */
  readonly localShare: number;
  /** Free share of each locality, added up from the first. */
  readonly residual: readonly number[];
}

/** Undefined: the conditions for zone-aware routing are not met. */
export function computeZoneRouting(
  set: HostSet,
  local: HostSet,
  config: ZoneAwareConfig,
  runtime: Runtime,
  stats: LoadBalancerStats,
): ZoneRouting | undefined {
  stats.lbRecalculateZoneStructures.inc();
  const forcedMinSize =
    runtime.integer("upstream.zone_routing.force_local_zone.min_size", 0) || config.forceLocalZoneMinSize;
  if (set.localities.length < 2) return undefined;
  if (local.localities.length < 2 && forcedMinSize === 0) return undefined;
  const own = local.localities[0];
  if (!local.hasLocalLocality || own === undefined || own.hosts.length === 0) {
    stats.lbLocalClusterNotOk.inc();
    return undefined;
  }
  const minSize = runtime.integer("upstream.zone_routing.min_cluster_size", config.minClusterSize);
  if (set.healthy.length < minSize) {
    stats.lbZoneClusterTooSmall.inc();
    return undefined;
  }
  const weigh = config.byWeight ? totalWeight : hostCount;
  const localShares = sharesByLocality(local, weigh);
  const upstreamShares = sharesByLocality(set, weigh);
  const shareOf = (index: number): { readonly local: number; readonly upstream: number } => {
    const locality = set.localities[index];
    if (locality === undefined || locality.healthy.length === 0) return { local: 0, upstream: 0 };
    return { local: localShares.get(locality.key) ?? 0, upstream: upstreamShares.get(locality.key) ?? 0 };
  };
  const first = shareOf(0);
  if (set.hasLocalLocality) {
    const enough = first.upstream > 0 && first.upstream >= first.local;
    const forced = forcedMinSize > 0 && (set.localities[0]?.healthy.length ?? 0) >= forcedMinSize;
    if (enough || forced) return { direct: true, localShare: WHOLE, residual: [] };
  }
  let free = 0;
  const residual = set.localities.map((_locality, index) => {
    const { local: wanted, upstream: offered } = shareOf(index);
    if (!(index === 0 && set.hasLocalLocality) && offered > wanted) free += offered - wanted;
    return free;
  });
  const localShare =
    set.hasLocalLocality && first.local > 0 ? Math.floor((first.upstream * WHOLE) / first.local) : 0;
  return { direct: false, localShare, residual };
}

/** The index of the locality for one request. */
export function chooseZone(routing: ZoneRouting, random: Random, stats: LoadBalancerStats): number {
  if (routing.direct) {
    stats.lbZoneRoutingAllDirectly.inc();
    return 0;
  }
  if (below(random, WHOLE) < routing.localShare) {
    stats.lbZoneRoutingSampled.inc();
    return 0;
  }
  stats.lbZoneRoutingCrossZone.inc();
  const { residual } = routing;
  const free = residual[residual.length - 1] ?? 0;
  if (free === 0) {
    // Rounding can leave nothing.
    stats.lbZoneNoCapacityLeft.inc();
    return below(random, residual.length);
  }
  const point = below(random, free);
  let index = 0;
  while (point >= (residual[index] ?? free)) index++;
  return index;
}

function sharesByLocality(set: HostSet, weigh: (hosts: readonly Host[]) => number): Map<string, number> {
  const weights = set.localities.map((locality) => weigh(locality.healthy));
  const total = weights.reduce((all, weight) => all + weight, 0);
  return new Map(
    set.localities.map((locality, index) => [
      locality.key,
      total === 0 ? 0 : Math.floor((WHOLE * (weights[index] ?? 0)) / total),
    ]),
  );
}

const hostCount = (hosts: readonly Host[]): number => hosts.length;
const totalWeight = (hosts: readonly Host[]): number => hosts.reduce((all, host) => all + host.weight, 0);
