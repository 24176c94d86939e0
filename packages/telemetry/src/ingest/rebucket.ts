import { LATENCY_BUCKETS_MS } from "../contract.ts";

/** Points of a cumulative distribution: at most `count` values are ≤ `bound`; both ascend. */
export interface CumulativePoint {
  readonly bound: number;
  readonly count: number;
}

/**
 * A distribution with any bounds, counted into `LATENCY_BUCKETS_MS`: exact where the bounds are ours, else values are taken
 * to lie evenly between two bounds. What is above the last bound goes to the open-ended bucket. The sum is `total`.
 */
export function rebucket(points: readonly CumulativePoint[], total: number): number[] {
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
