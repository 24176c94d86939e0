import { QUANTILES, quantilesOf } from "../stats/log-linear-histogram.ts";
import type { HistogramReading, StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-commands.ts";
import { prometheusText } from "./prometheus-page.ts";
import { compileFilter } from "./stat-filter.ts";

const TYPES = ["All", "Counters", "Gauges", "Histograms", "TextReadouts"];

/** `/stats` in text and JSON. */
export function statsPage(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const format = parameters.get("format") ?? "text";
  if (format === "prometheus") return prometheusText(stats, parameters);
  if (format !== "text" && format !== "json")
    return { status: 400, body: `format ${format} is not implemented\n` };
  const type = parameters.get("type") ?? "All";
  if (!TYPES.includes(type)) return { status: 400, body: `usage: type is one of ${TYPES.join(", ")}\n` };
  const filter = compileFilter(parameters.get("filter"));
  if (typeof filter !== "function") return { status: 400, body: `${filter.error}\n` };
  const usedOnly = parameters.has("usedonly");
  const shows = (kind: string): boolean => type === "All" || type === kind;
  const texts = shows("TextReadouts") ? [...stats.texts()].filter(([name]) => filter(name)).sort() : [];
  const scalars = stats
    .scalars()
    .filter(
      ({ kind, name, used }) =>
        shows(kind === "counter" ? "Counters" : "Gauges") && filter(name) && (used || !usedOnly),
    );
  const histograms = shows("Histograms")
    ? stats.histograms().filter(({ name, used }) => filter(name) && (used || !usedOnly))
    : [];
  if (format === "json") {
    const values: unknown[] = [
      ...texts.map(([name, value]) => ({ name, value })),
      ...scalars.map(({ name, value }) => ({ name, value })),
    ];
    if (histograms.length > 0) values.push({ histograms: histogramsJson(histograms) });
    return { type: "application/json", body: JSON.stringify({ stats: values }) };
  }
  const lines = [
    ...texts.map(([name, value]) => `${name}: "${value}"`),
    ...scalars.map(({ name, value }) => `${name}: ${value}`),
    ...histograms.map((reading) => `${reading.name}: ${histogramText(reading)}`),
  ];
  return { body: lines.length === 0 ? "" : `${lines.join("\n")}\n` };
}

function histogramText({ cumulative, interval }: HistogramReading): string {
  if (cumulative.count === 0) return "No recorded values";
  const now = quantilesOf(interval);
  const all = quantilesOf(cumulative);
  return QUANTILES.map((quantile, index) => {
    const print = (value: number | undefined): string =>
      value === undefined || Number.isNaN(value) ? "nan" : String(value);
    return `P${Number((quantile * 100).toPrecision(6))}(${print(now[index])},${print(all[index])})`;
  }).join(" ");
}

function histogramsJson(histograms: readonly HistogramReading[]): unknown {
  const finite = (value: number | undefined): number | null =>
    value === undefined || Number.isNaN(value) ? null : value;
  return {
    supported_quantiles: QUANTILES.map((quantile) => Number((quantile * 100).toPrecision(6))),
    computed_quantiles: histograms.map(({ name, cumulative, interval }) => {
      const now = quantilesOf(interval);
      const all = quantilesOf(cumulative);
      return {
        name,
        values: QUANTILES.map((_, index) => ({
          cumulative: finite(all[index]),
          interval: finite(now[index]),
        })),
      };
    }),
  };
}
