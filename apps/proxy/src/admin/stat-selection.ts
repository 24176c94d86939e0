import type { HistogramReading, ScalarReading } from "../stats/stat-readings.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { compileFilter } from "./stat-filter.ts";

/** The stats that a request's parameters pick, piece by piece. */
export interface StatSelection {
  readonly texts: readonly (readonly [name: string, value: string])[];
  scalars(): Iterable<readonly ScalarReading[]>;
  histograms(): Iterable<readonly HistogramReading[]>;
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
  const [counters, gauges] = [shows("Counters"), shows("Gauges")];
  return {
    texts: shows("TextReadouts") ? [...stats.texts()].filter(([name]) => named(name)).sort() : [],
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
