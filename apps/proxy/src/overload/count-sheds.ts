import type { Counter, StatsScope } from "@sluice/extension-api";
import { LOAD_SHED_POINTS, type LoadShedPoint } from "./overload-state.ts";

/** Below `overload.<point>`. */
export const SHED_COUNTER = "shed_load_count";

/** Counts in a worker what is shed, by point. */
export function countSheds(stats: StatsScope): (point: LoadShedPoint) => void {
  const counters = new Map<LoadShedPoint, Counter>();
  return (point) => {
    let counter = counters.get(point);
    if (counter === undefined) {
      counter = stats.scope("overload").scope(LOAD_SHED_POINTS[point]).counter(SHED_COUNTER);
      counters.set(point, counter);
    }
    counter.inc();
  };
}
