import type { Counter, Gauge, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.fault.…` */
export interface FaultStats {
  readonly delaysInjected: Counter;
  readonly abortsInjected: Counter;
  readonly responseRlInjected: Counter;
  readonly faultsOverflow: Counter;
  readonly activeFaults: Gauge;
  /** Below the name of the downstream's cluster (`x-envoy-downstream-service-cluster`), at most 1000 of them. */
  ofDownstream(
    cluster: string,
  ): { readonly delaysInjected: Counter; readonly abortsInjected: Counter } | undefined;
}

/** The peer chooses the names. */
const CLUSTERS_MAX = 1000;

export function createFaultStats(scope: StatsScope): FaultStats {
  const fault = scope.scope("fault");
  const clusters = new Map<string, { readonly delaysInjected: Counter; readonly abortsInjected: Counter }>();
  return {
    delaysInjected: fault.counter("delays_injected"),
    abortsInjected: fault.counter("aborts_injected"),
    responseRlInjected: fault.counter("response_rl_injected"),
    faultsOverflow: fault.counter("faults_overflow"),
    activeFaults: fault.gauge("active_faults"),
    ofDownstream: (cluster) => {
      const known = clusters.get(cluster);
      if (known !== undefined || clusters.size >= CLUSTERS_MAX) return known;
      const own = fault.scope(cluster);
      const stats = {
        delaysInjected: own.counter("delays_injected"),
        abortsInjected: own.counter("aborts_injected"),
      };
      clusters.set(cluster, stats);
      return stats;
    },
  };
}
