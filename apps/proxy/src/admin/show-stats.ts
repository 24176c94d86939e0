import { RE2JS } from "re2js";
import type { TaggedName } from "../stats/extract-tags.ts";
import {
  cumulativeCounts,
  DEFAULT_BUCKET_BOUNDS,
  type HistogramView,
  QUANTILES,
  quantilesOf,
} from "../stats/log-linear-histogram.ts";
import type { HistogramReading, StatsRegistry } from "../stats/stats-registry.ts";
import { type AdminReply, text } from "./admin-reply.ts";

const TYPES = ["All", "Counters", "Gauges", "Histograms", "TextReadouts"] as const;
const BUCKET_MODES = ["cumulative", "disjoint", "detailed", "summary"] as const;

/** `/stats`, with Envoy's parameters `filter`, `invert_filter`, `usedonly`, `type`, `format` (text, json, prometheus), `histogram_buckets`. */
export function showStats(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const format = parameters.get("format") ?? "text";
  if (format === "prometheus") return showPrometheus(stats, parameters);
  if (format !== "text" && format !== "json") {
    return text(`usage: /stats?format=(text|json|prometheus); ${format} is not implemented\n`, 400);
  }
  const type = TYPES.find((each) => each === (parameters.get("type") ?? "All"));
  if (type === undefined) return text(`invalid &type= param: one of ${TYPES.join(", ")}\n`, 400);
  const buckets = parameters.get("histogram_buckets") ?? "summary";
  if (!BUCKET_MODES.some((mode) => mode === buckets) || buckets === "detailed") {
    return text("usage: /stats?histogram_buckets=(cumulative|disjoint|summary)\n", 400);
  }
  const selected = selection(parameters);
  if (typeof selected === "string") return text(selected, 400);

  const texts =
    type === "All" || type === "TextReadouts"
      ? [...stats.texts()].filter(([name]) => selected(name, true)).sort(([a], [b]) => (a < b ? -1 : 1))
      : [];
  const scalars = stats
    .scalars()
    .filter(
      (reading) =>
        (type === "All" || type === (reading.kind === "counter" ? "Counters" : "Gauges")) &&
        selected(reading.name, reading.used),
    );
  const histograms =
    type === "All" || type === "Histograms"
      ? stats.histograms().filter((each) => selected(each.name, each.used))
      : [];

  if (format === "json") {
    const entries: unknown[] = [
      ...texts.map(([name, value]) => ({ name, value })),
      ...scalars.map(({ name, value }) => ({ name, value })),
    ];
    if (histograms.length > 0) entries.push({ histograms: histogramsJson(histograms) });
    return { status: 200, contentType: "application/json", body: JSON.stringify({ stats: entries }) };
  }
  const lines = [
    ...texts.map(([name, value]) => `${name}: "${value}"`),
    ...scalars.map(({ name, value }) => `${name}: ${value}`),
    ...histograms.map(
      (each) => `${each.name}: ${buckets === "summary" ? summaryText(each) : bucketsText(each, buckets)}`,
    ),
  ];
  return text(lines.length === 0 ? "" : `${lines.join("\n")}\n`);
}

/** `/stats/prometheus`, the text exposition format. */
export function showPrometheus(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const selected = selection(parameters);
  if (typeof selected === "string") return text(selected, 400);
  const families = new Map<string, { readonly type: string; readonly lines: string[] }>();
  const family = (tagged: TaggedName, type: string): { readonly name: string; readonly lines: string[] } => {
    const name = prometheusName(tagged.name);
    let found = families.get(name);
    if (found === undefined) {
      found = { type, lines: [] };
      families.set(name, found);
    }
    return { name, lines: found.lines };
  };
  for (const { name, tagged, kind, value, used } of stats.scalars()) {
    if (!selected(name, used)) continue;
    const { name: family_, lines } = family(tagged, kind);
    lines.push(`${family_}{${labels(tagged)}} ${value}`);
  }
  for (const { name, tagged, cumulative, used } of stats.histograms()) {
    if (!selected(name, used)) continue;
    const { name: family_, lines } = family(tagged, "histogram");
    const own = labels(tagged);
    const counts = cumulativeCounts(cumulative, DEFAULT_BUCKET_BOUNDS);
    DEFAULT_BUCKET_BOUNDS.forEach((bound, index) => {
      lines.push(`${family_}_bucket{${own}${own === "" ? "" : ","}le="${bound}"} ${counts[index] ?? 0}`);
    });
    lines.push(`${family_}_bucket{${own}${own === "" ? "" : ","}le="+Inf"} ${cumulative.count}`);
    lines.push(
      `${family_}_sum{${own}} ${Number(cumulative.sum.toPrecision(12))}`,
      `${family_}_count{${own}} ${cumulative.count}`,
    );
  }
  let body = "";
  for (const name of [...families.keys()].sort()) {
    const found = families.get(name);
    if (found !== undefined) body += `# TYPE ${name} ${found.type}\n${found.lines.join("\n")}\n`;
  }
  return { status: 200, contentType: "text/plain; version=0.0.4; charset=UTF-8", body };
}

/** Which names the parameters let through, or what is wrong with them. */
function selection(parameters: URLSearchParams): string | ((name: string, used: boolean) => boolean) {
  const pattern = parameters.get("filter");
  const usedOnly = parameters.has("usedonly");
  const invert = parameters.has("invert_filter");
  if (pattern === null || pattern === "") return (_name, used) => used || !usedOnly;
  try {
    const compiled = RE2JS.compile(pattern);
    return (name, used) => (used || !usedOnly) && compiled.matcher(name).find() !== invert;
  } catch (error) {
    return `Invalid re2 regex: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}

const quantileName = (quantile: number): string => `P${Number((quantile * 100).toFixed(1))}`;
const figure = (value: number): string =>
  Number.isNaN(value) ? "nan" : String(Number(value.toPrecision(6)));

function summaryText({ cumulative, interval }: HistogramReading): string {
  if (cumulative.count === 0) return "No recorded values";
  const now = quantilesOf(interval);
  const ever = quantilesOf(cumulative);
  return QUANTILES.map(
    (quantile, index) =>
      `${quantileName(quantile)}(${figure(now[index] ?? Number.NaN)},${figure(ever[index] ?? Number.NaN)})`,
  ).join(" ");
}

function bucketsText({ cumulative, interval }: HistogramReading, mode: string): string {
  if (cumulative.count === 0) return "No recorded values";
  const of = (view: HistogramView): readonly number[] => {
    const counts = cumulativeCounts(view, DEFAULT_BUCKET_BOUNDS);
    return mode === "cumulative"
      ? counts
      : counts.map((count, index) => count - (index === 0 ? 0 : (counts[index - 1] ?? 0)));
  };
  const now = of(interval);
  const ever = of(cumulative);
  return DEFAULT_BUCKET_BOUNDS.map(
    (bound, index) => `B${bound}(${now[index] ?? 0},${ever[index] ?? 0})`,
  ).join(" ");
}

function histogramsJson(histograms: readonly HistogramReading[]): unknown {
  const values = (view: HistogramView): (number | null)[] =>
    quantilesOf(view).map((value) => (Number.isNaN(value) ? null : value));
  return {
    supported_quantiles: QUANTILES.map((quantile) => quantile * 100),
    computed_quantiles: histograms.map(({ name, cumulative, interval }) => {
      const now = values(interval);
      return {
        name,
        values: values(cumulative).map((ever, index) => ({ interval: now[index] ?? null, cumulative: ever })),
      };
    }),
  };
}

function prometheusName(name: string): string {
  return `envoy_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
}

function labels({ tags }: TaggedName): string {
  return tags
    .map(
      ([name, value]) =>
        `${name.replace(/[^a-zA-Z0-9_]/g, "_")}="${value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`,
    )
    .join(",");
}
