import type { Gauge, Runtime, StatsScope } from "@sluice/extension-api";
import { BreakerLimits, RETRIES } from "./breaker-limits.ts";
import { OPEN_GAUGES, type Priority, REMAINING_GAUGES, standingOf } from "./circuit-breaker.ts";
import type { ClusterThresholds } from "./compile-circuit-breakers.ts";

const PRIORITIES: readonly Priority[] = ["default", "high"];

/** `circuit_breakers.<priority>.` of one cluster: gauges that are worked out when somebody reads them. */
export class BreakerGauges {
  readonly #page: SharedArrayBuffer;
  readonly #thresholds: ClusterThresholds;
  readonly #priorities: readonly {
    readonly priority: Priority;
    readonly limits: BreakerLimits;
    readonly open: readonly Gauge[];
    readonly remaining: readonly Gauge[];
  }[];

  /** `scope`: `cluster.<name>.` */
  constructor(
    page: SharedArrayBuffer,
    cluster: { readonly name: string; readonly thresholds: ClusterThresholds },
    scope: StatsScope,
    runtime: Runtime,
  ) {
    this.#page = page;
    this.#thresholds = cluster.thresholds;
    this.#priorities = PRIORITIES.map((priority) => {
      const below = scope.scope("circuit_breakers").scope(priority);
      const thresholds = cluster.thresholds[priority];
      const limits = new BreakerLimits(cluster.name, priority, thresholds, runtime);
      const gauges = (names: readonly string[]): Gauge[] => names.map((name) => below.gauge(name));
      const remaining = thresholds.trackRemaining ? gauges(REMAINING_GAUGES) : [];
      return { priority, limits, open: gauges(OPEN_GAUGES), remaining };
    });
  }

  refresh(): void {
    for (const { priority, limits, open, remaining } of this.#priorities) {
      for (const [index, { used, limit, touched }] of standingOf(
        this.#page,
        priority,
        this.#thresholds,
        limits,
      ).entries()) {
        // As Envoy's, which looks when the count changes: a limit of 0 that nobody met is not open.
        if (touched) open[index]?.set(used > 0 && used >= limit ? 1 : 0);
        remaining[index]?.set(left(index, used, limit, limits));
      }
    }
  }
}

/** Envoy has no figure for what is left of a budget: 0. */
function left(index: number, used: number, limit: number, limits: BreakerLimits): number {
  if (index === RETRIES && limits.budgeted) return 0;
  return Math.min(Math.max(limit - used, 0), Number.MAX_SAFE_INTEGER);
}
