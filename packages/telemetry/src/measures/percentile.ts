import { LATENCY_BUCKETS_MS } from "../contract.ts";

/**
 * The latency in milliseconds that the share `quantile` (0…1) of the counted requests did not exceed, interpolated
 * within its bucket; `undefined` when nothing was counted. What lies in the open-ended bucket is given as its lower bound.
 */
export function percentile(latency: readonly number[], quantile: number): number | undefined {
  let total = 0;
  for (const count of latency) total += count;
  if (total === 0) return undefined;
  const rank = Math.min(Math.max(quantile, 0), 1) * total;
  let below = 0;
  let lower = 0;
  for (let index = 0; index < LATENCY_BUCKETS_MS.length; index++) {
    const upper = LATENCY_BUCKETS_MS[index] ?? lower;
    const count = latency[index] ?? 0;
    if (count > 0 && below + count >= rank) return lower + ((upper - lower) * (rank - below)) / count;
    below += count;
    lower = upper;
  }
  return lower;
}
