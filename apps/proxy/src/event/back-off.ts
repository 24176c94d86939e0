/**
 * What the pause ahead of a `retry` (from 1) stays below, in ms: the base, doubled from one retry to the next, until the longest.
 * The pause itself is drawn evenly from 0. So Envoy does it; its documentation says that it is 2^N-1 times the base.
 */
export function backOffCeilingMs(retry: number, baseIntervalMs: number, maxIntervalMs: number): number {
  return Math.min(maxIntervalMs, baseIntervalMs * 2 ** (retry - 1));
}
