import type { HistogramReading, ScalarReading, StatsRegistry } from "../stats/stats-registry.ts";
import { compileFilter } from "./stat-filter.ts";

/** The stats that a request's parameters pick. */
export interface StatSelection {
  readonly texts: readonly (readonly [name: string, value: string])[];
  readonly scalars: readonly ScalarReading[];
  readonly histograms: readonly HistogramReading[];
}

/** `usedonly`, `filter`, `invert_filter`, and the types to show; answers a message when a parameter is wrong. */
export function selectStats(
  stats: StatsRegistry,
  parameters: URLSearchParams,
  shows: (type: "Counters" | "Gauges" | "Histograms" | "TextReadouts") => boolean,
): StatSelection | { readonly error: string } {
  const pattern = compileFilter(parameters.get("filter"));
  if (typeof pattern !== "function") return pattern;
  const inverted = parameters.has("invert_filter") && (parameters.get("filter") ?? "") !== "";
  const named = (name: string): boolean => pattern(name) !== inverted;
  const usedOnly = parameters.has("usedonly");
  return {
    texts: shows("TextReadouts") ? [...stats.texts()].filter(([name]) => named(name)).sort() : [],
    scalars: stats
      .scalars()
      .filter(
        ({ kind, name, used }) =>
          shows(kind === "counter" ? "Counters" : "Gauges") && named(name) && (used || !usedOnly),
      ),
    histograms: shows("Histograms")
      ? stats.histograms().filter(({ name, used }) => named(name) && (used || !usedOnly))
      : [],
  };
}
