import {
  cumulativeCounts,
  type HistogramView,
  nonEmptyBins,
  QUANTILES,
  quantilesOf,
} from "../stats/log-linear-histogram.ts";
import type { HistogramReading } from "../stats/stat-readings.ts";

export const HISTOGRAM_MODES = ["cumulative", "disjoint", "detailed", "summary"] as const;
/** How `histogram_buckets` shows a histogram; "": it was not given. The native ones are Prometheus's alone. */
export type HistogramMode = "" | (typeof HISTOGRAM_MODES)[number] | "prometheusnative";

export const HISTOGRAM_USAGE =
  "usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n";

/** `undefined`: not one that is known. */
export function histogramMode(parameters: URLSearchParams): HistogramMode | undefined {
  const given = parameters.get("histogram_buckets");
  if (given === null || given === "") return "";
  if (given === "none") return "summary";
  return given === "prometheusnative" ? given : HISTOGRAM_MODES.find((mode) => mode === given);
}

const percent = (quantile: number): number => Number((quantile * 100).toPrecision(6));
/** As `printf("%g")` has it. */
const general = (value: number): string =>
  value >= 1e6 ? value.toExponential().replace(/e\+?(\d)$/, "e+0$1") : String(value);

/** One histogram of `/stats` as text, behind its name. */
export function histogramText(reading: HistogramReading, mode: HistogramMode): string {
  if (reading.cumulative.count === 0) return ": No recorded values";
  if (mode === "cumulative" || mode === "disjoint") return `: ${bucketsText(reading, mode === "disjoint")}`;
  if (mode !== "detailed") return `: ${summaryText(reading)}`;
  return `:\n  totals=${binsText(reading.cumulative)}\n  intervals=${binsText(reading.interval)}\n  summary=${summaryText(reading)}`;
}

function summaryText({ cumulative, interval }: HistogramReading): string {
  const now = quantilesOf(interval);
  const all = quantilesOf(cumulative);
  const print = (value: number | undefined): string =>
    value === undefined || Number.isNaN(value) ? "nan" : String(value);
  return QUANTILES.map((quantile, i) => `P${percent(quantile)}(${print(now[i])},${print(all[i])})`).join(" ");
}

function bucketsText(reading: HistogramReading, disjoint: boolean): string {
  const { bounds } = reading;
  const now = counts(reading.interval, bounds, disjoint);
  const all = counts(reading.cumulative, bounds, disjoint);
  return bounds.map((bound, i) => `B${general(bound)}(${now[i] ?? 0},${all[i] ?? 0})`).join(" ");
}

function counts(view: HistogramView, bounds: readonly number[], disjoint: boolean): readonly number[] {
  const below = cumulativeCounts(view, bounds);
  return disjoint ? below.map((count, i) => count - (below[i - 1] ?? 0)) : below;
}

function binsText(view: HistogramView): string {
  return nonEmptyBins(view)
    .map(({ lower, width, count }) => `${lower},${width}:${count}`)
    .join(", ");
}

const finite = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** The `histograms` member of `/stats?format=json`. */
export function histogramsJson(readings: readonly HistogramReading[], mode: HistogramMode): unknown {
  if (mode === "cumulative" || mode === "disjoint") {
    return readings.map((reading) => {
      const now = counts(reading.interval, reading.bounds, mode === "disjoint");
      const all = counts(reading.cumulative, reading.bounds, mode === "disjoint");
      const buckets = reading.bounds.map((bound, i) => ({
        upper_bound: bound,
        interval: now[i] ?? 0,
        cumulative: all[i] ?? 0,
      }));
      return { name: reading.name, buckets };
    });
  }
  const supported = QUANTILES.map(percent);
  if (mode === "detailed") {
    const bins = (view: HistogramView): unknown =>
      nonEmptyBins(view).map(({ lower, width, count }) => ({ lower_bound: lower, width, count }));
    return {
      supported_percentiles: supported,
      details: readings.map((reading) => ({
        name: reading.name,
        totals: bins(reading.cumulative),
        intervals: bins(reading.interval),
        percentiles: quantilePairs(reading),
      })),
    };
  }
  return {
    supported_quantiles: supported,
    computed_quantiles: readings.map((reading) => ({ name: reading.name, values: quantilePairs(reading) })),
  };
}

function quantilePairs({ cumulative, interval }: HistogramReading): unknown {
  const now = quantilesOf(interval);
  const all = quantilesOf(cumulative);
  return QUANTILES.map((_, i) => ({ cumulative: finite(all[i]), interval: finite(now[i]) }));
}
