/**
 * Log-linear bins: 90 per decade (two significant digits), so that any quantile is within 5% of the true one. These are the
 * bins of the histograms that Envoy uses, here as a dense array that one thread writes and another reads.
 */
const EXPONENT_MIN = -3;
const EXPONENT_MAX = 9;
const BINS_PER_DECADE = 90;

/** Bin 0 holds zero and everything below 0.001; the last one everything from 9.9e9 up. */
export const HISTOGRAM_BINS = 1 + (EXPONENT_MAX - EXPONENT_MIN + 1) * BINS_PER_DECADE;

const LOWER = new Float64Array(HISTOGRAM_BINS);
const UPPER = new Float64Array(HISTOGRAM_BINS);
for (let exponent = EXPONENT_MIN; exponent <= EXPONENT_MAX; exponent++) {
  for (let mantissa = 10; mantissa < 100; mantissa++) {
    const bin = 1 + (exponent - EXPONENT_MIN) * BINS_PER_DECADE + mantissa - 10;
    // By way of the decimal text: 42e-1 is exactly the 4.2 that people write.
    LOWER[bin] = Number(`${mantissa}e${exponent - 1}`);
    UPPER[bin] = Number(`${mantissa + 1}e${exponent - 1}`);
  }
}

const SMALL_INTEGERS = Uint16Array.from({ length: 1000 }, (_, value) => searchBin(value));

/** The bin of a value. Whole numbers below 1000 cost one look-up. */
export function binOf(value: number): number {
  if (value < 1000 && value >= 0) {
    const whole = value | 0;
    if (whole === value) return SMALL_INTEGERS[whole] ?? 0;
  }
  return searchBin(value);
}

function searchBin(value: number): number {
  if (!(value >= 0.001)) return 0;
  const exponent = Math.floor(Math.log10(value));
  if (exponent > EXPONENT_MAX) return HISTOGRAM_BINS - 1;
  const mantissa = Math.min(99, Math.max(10, Math.floor(value * 10 ** (1 - exponent))));
  let bin = 1 + (Math.max(exponent, EXPONENT_MIN) - EXPONENT_MIN) * BINS_PER_DECADE + mantissa - 10;
  // The logarithm and the product round: correct by one where the bounds say so.
  if (bin + 1 < HISTOGRAM_BINS && value >= (UPPER[bin] ?? Infinity)) bin++;
  else if (bin > 1 && value < (LOWER[bin] ?? 0)) bin--;
  return bin;
}

/** Quantiles that Envoy prints, as fractions of one. */
export const QUANTILES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1] as const;

/** A reading of a histogram. */
export interface HistogramView {
  readonly count: number;
  /** Approximate: the middle of each bin times its count. */
  readonly sum: number;
  readonly bins: Float64Array;
}

export function histogramView(bins: Float64Array): HistogramView {
  let count = 0;
  let sum = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    const n = bins[bin] ?? 0;
    if (n === 0) continue;
    count += n;
    sum += n * (((LOWER[bin] ?? 0) + (UPPER[bin] ?? 0)) / 2);
  }
  return { count, sum, bins };
}

/**
 * Values at `quantiles` (ascending); NaN for an empty histogram. The samples of a bin are taken as spread evenly over it,
 * so that one sample lies in its middle, as in Envoy's output.
 */
export function quantilesOf(view: HistogramView, quantiles: readonly number[] = QUANTILES): number[] {
  if (view.count === 0) return quantiles.map(() => Number.NaN);
  const out: number[] = [];
  let bin = 0;
  let below = 0;
  let inBin = view.bins[0] ?? 0;
  for (const quantile of quantiles) {
    const rank = Math.max(1, Math.ceil(quantile * view.count));
    while (bin < HISTOGRAM_BINS - 1 && below + inBin < rank) {
      below += inBin;
      bin++;
      inBin = view.bins[bin] ?? 0;
    }
    const lower = LOWER[bin] ?? 0;
    out.push(round(lower + (((UPPER[bin] ?? 0) - lower) * (rank - below)) / (inBin + 1)));
  }
  return out;
}

/** The bins that hold something, in ascending order. */
export function nonEmptyBins(
  view: HistogramView,
): readonly { readonly lower: number; readonly width: number; readonly count: number }[] {
  const out: { lower: number; width: number; count: number }[] = [];
  for (let bin = 0; bin < HISTOGRAM_BINS; bin++) {
    const count = view.bins[bin] ?? 0;
    if (count === 0) continue;
    const lower = LOWER[bin] ?? 0;
    out.push({ lower, width: round((UPPER[bin] ?? 0) - lower), count });
  }
  return out;
}

/** How many values lie at or below each of `bounds` (ascending); as in Envoy the bin that a bound is in counts whole. */
export function cumulativeCounts(view: HistogramView, bounds: readonly number[]): number[] {
  const out: number[] = [];
  let bin = 0;
  let total = 0;
  for (const bound of bounds) {
    while (bin < HISTOGRAM_BINS && (LOWER[bin] ?? 0) <= bound) total += view.bins[bin++] ?? 0;
    out.push(total);
  }
  return out;
}

/** Envoy's default bounds of Prometheus buckets, in the histogram's unit. */
export const DEFAULT_BUCKET_BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000,
  3600000,
];

const round = (value: number): number => Number(value.toPrecision(12));
