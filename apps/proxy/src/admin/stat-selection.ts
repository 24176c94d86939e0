import type { HistogramReading, ScalarReading } from "../stats/stat-readings.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { HISTOGRAM_USAGE, histogramMode } from "./histogram-text.ts";
import { compileFilter } from "./stat-filter.ts";

/** The stats that a request's parameters pick, piece by piece. */
export interface StatSelection {
  readonly texts: readonly (readonly [name: string, value: string])[];
  scalars(): Iterable<readonly ScalarReading[]>;
  histograms(): Iterable<readonly HistogramReading[]>;
}

export const STAT_TYPES = ["All", "Counters", "Histograms", "Gauges", "TextReadouts"] as const;
export const STAT_FORMATS = ["html", "active-html", "text", "json"] as const;
const HIDDEN = ["include", "only", "exclude"];

/**
 * `usedonly`, `filter`, `invert_filter`, and `type` where that has an effect. No stat of this proxy is hidden: `hidden=only` picks
 * none. Answers a message when a parameter is wrong.
 */
export function selectStats(
  stats: StatsRegistry,
  parameters: URLSearchParams,
  byType: boolean,
): StatSelection | { readonly error: string } {
  const pattern = compileFilter(parameters.get("filter"));
  if (typeof pattern !== "function") return pattern;
  const error = wrongParameter(parameters);
  if (error !== undefined) return { error };
  const inverted = parameters.has("invert_filter");
  const named = (name: string): boolean => pattern(name) !== inverted;
  const usedOnly = parameters.has("usedonly");
  const type = byType ? parameters.get("type") || "All" : "All";
  const nothing = parameters.get("hidden") === "only";
  const shows = (each: (typeof STAT_TYPES)[number]): boolean => !nothing && (type === "All" || type === each);
  const [counters, gauges] = [shows("Counters"), shows("Gauges")];
  return {
    texts: shows("TextReadouts")
      ? [...stats.texts()].filter(([name]) => (!usedOnly || stats.isTextSet(name)) && named(name)).sort()
      : [],
    *scalars() {
      if (!counters && !gauges) return;
      for (const group of stats.scalarGroups(!usedOnly)) {
        yield group.filter(
          ({ kind, name, used }) =>
            (kind === "counter" ? counters : gauges) && (used || !usedOnly) && named(name),
        );
      }
    },
    *histograms() {
      if (!shows("Histograms")) return;
      for (const group of stats.histogramGroups(!usedOnly)) {
        yield group.filter(({ name, used }) => (used || !usedOnly) && named(name));
      }
    },
  };
}

/** In the order in which Envoy looks at them. */
function wrongParameter(parameters: URLSearchParams): string | undefined {
  const given = (name: string): string => parameters.get(name) ?? "";
  if (parameters.has("invert_filter") && given("filter") === "")
    return "invert_filter can only be used if filter is also provided";
  if (histogramMode(parameters) === undefined) return HISTOGRAM_USAGE;
  if (given("type") !== "" && !STAT_TYPES.some((each) => each === given("type")))
    return "invalid &type= param";
  if (given("hidden") !== "" && !HIDDEN.includes(given("hidden")))
    return "usage: /stats?hidden=(include|only|exclude)\n\n";
  const format = given("format");
  if (format !== "" && format !== "prometheus" && !STAT_FORMATS.some((each) => each === format))
    return "usage: /stats?format=(html|active-html|json|prometheus|text)\n\n";
  const bucketsMax = given("native_histogram_max_buckets");
  if (bucketsMax !== "" && !/^0*[1-9]\d*$/.test(bucketsMax))
    return "invalid native_histogram_max_buckets value: must be a positive integer";
  return undefined;
}
