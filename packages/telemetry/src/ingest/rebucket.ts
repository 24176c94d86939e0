import { LATENCY_BUCKETS_MS } from "../contract.ts";

/** A point of a cumulative distribution: `count` values are ≤ `bound`. */
export interface CumulativePoint {
  readonly bound: number;
  readonly count: number;
}

/**
 * A distribution with any bounds, counted into `LATENCY_BUCKETS_MS`: exact where the bounds are ours, else values are taken
 * to lie evenly between two bounds. What is above the last bound goes to the open-ended bucket. The sum is `total`.
 *
 * @param given in any order; bounds of buckets and quantiles may be mixed
 */
export function rebucket(given: readonly CumulativePoint[], total: number): number[] {
  const points = ascending(given, total);
  const counts: number[] = [];
  let before = 0;
  let next = 0;
  for (const bound of LATENCY_BUCKETS_MS) {
    while (next < points.length && (points[next]?.bound ?? 0) <= bound) next++;
    const low = points[next - 1] ?? { bound: 0, count: 0 };
    const high = points[next];
    let below = low.count;
    if (high !== undefined && Number.isFinite(high.bound) && high.bound > low.bound) {
      below += ((high.count - low.count) * (bound - low.bound)) / (high.bound - low.bound);
    }
    const rounded = Math.min(total, Math.round(below));
    counts.push(Math.max(0, rounded - before));
    before = Math.max(before, rounded);
  }
  counts.push(Math.max(0, total - before));
  return counts;
}

/** By bound, counts never falling: of two that contradict each other within rounding the greater holds. */
function ascending(given: readonly CumulativePoint[], total: number): CumulativePoint[] {
  let most = 0;
  return given
    .toSorted((a, b) => a.bound - b.bound || a.count - b.count)
    .map(({ bound, count }) => {
      most = Math.min(total, Math.max(most, count));
      return { bound, count: most };
    });
}
