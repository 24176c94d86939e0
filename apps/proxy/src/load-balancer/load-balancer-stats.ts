import type { Counter, Gauge, StatsScope } from "@sluice/extension-api";

/** The `lb_*` stats of a cluster; members are Envoy's names in camelCase. */
export interface LoadBalancerStats {
  readonly lbHealthyPanic: Counter;
  readonly lbLocalClusterNotOk: Counter;
  readonly lbRecalculateZoneStructures: Counter;
  readonly lbSubsetsActive: Gauge;
  readonly lbSubsetsCreated: Counter;
  readonly lbSubsetsFallback: Counter;
  readonly lbSubsetsFallbackPanic: Counter;
  readonly lbSubsetsRemoved: Counter;
  readonly lbSubsetsSelected: Counter;
  readonly lbZoneClusterTooSmall: Counter;
  readonly lbZoneNoCapacityLeft: Counter;
  readonly lbZoneRoutingAllDirectly: Counter;
  readonly lbZoneRoutingCrossZone: Counter;
  readonly lbZoneRoutingSampled: Counter;
}

/** `scope` is `cluster.<name>.`. */
export function createLoadBalancerStats(scope: StatsScope): LoadBalancerStats {
  return {
    lbHealthyPanic: scope.counter("lb_healthy_panic"),
    lbLocalClusterNotOk: scope.counter("lb_local_cluster_not_ok"),
    lbRecalculateZoneStructures: scope.counter("lb_recalculate_zone_structures"),
    lbSubsetsActive: scope.gauge("lb_subsets_active"),
    lbSubsetsCreated: scope.counter("lb_subsets_created"),
    lbSubsetsFallback: scope.counter("lb_subsets_fallback"),
    lbSubsetsFallbackPanic: scope.counter("lb_subsets_fallback_panic"),
    lbSubsetsRemoved: scope.counter("lb_subsets_removed"),
    lbSubsetsSelected: scope.counter("lb_subsets_selected"),
    lbZoneClusterTooSmall: scope.counter("lb_zone_cluster_too_small"),
    lbZoneNoCapacityLeft: scope.counter("lb_zone_no_capacity_left"),
    lbZoneRoutingAllDirectly: scope.counter("lb_zone_routing_all_directly"),
    lbZoneRoutingCrossZone: scope.counter("lb_zone_routing_cross_zone"),
    lbZoneRoutingSampled: scope.counter("lb_zone_routing_sampled"),
  };
}
