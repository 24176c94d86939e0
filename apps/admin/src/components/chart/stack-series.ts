/** Each series on top of those after it, so that the first one drawn is the whole and the later ones cover it. */
export function stackSeries(series: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const stacked = series.map((values) => [...values]);
  for (let row = stacked.length - 2; row >= 0; row -= 1) {
    const values = stacked[row] ?? [];
    const below = stacked[row + 1] ?? [];
    for (let index = 0; index < values.length; index += 1) {
      values[index] = (values[index] ?? 0) + (below[index] ?? 0);
    }
  }
  return stacked;
}

/** `[low, high]` of the y axis: from 0, with air above, and never flat. `ceiling` is the most that can be (1 for shares). */
export function rangeFromZero(high: number | null | undefined, ceiling?: number): [number, number] {
  const top = high === null || high === undefined || high <= 0 ? 1 : high * 1.1;
  return [0, ceiling === undefined ? top : Math.min(top, ceiling)];
}

/** For success shares: the axis ends at 1 and begins below the lowest point, since 99% and 99.9% must look different. */
export function rangeToOne(low: number | null | undefined): [number, number] {
  if (low === null || low === undefined || low >= 0.9999) return [0.99, 1.0005];
  return [Math.max(0, low - (1 - low) * 0.2), 1 + (1 - low) * 0.05];
}
