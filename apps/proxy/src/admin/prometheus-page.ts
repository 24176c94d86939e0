import type { TaggedName } from "../stats/extract-tags.ts";
import { cumulativeCounts, QUANTILES, quantilesOf } from "../stats/log-linear-histogram.ts";
import type { HistogramReading, StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-command.ts";
import { HISTOGRAM_USAGE, histogramMode } from "./histogram-text.ts";
import { selectStats } from "./stat-selection.ts";

const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, "_");
const escapeLabel = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

function labels({ tags }: TaggedName, extra = ""): string {
  const own = tags.map(([name, value]) => `${sanitize(name)}="${escapeLabel(value)}"`).join(",");
  return `{${own}${own !== "" && extra !== "" ? "," : ""}${extra}}`;
}

/** `/stats/prometheus`: text exposition format 0.0.4 with Envoy's names. */
export function prometheusText(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const mode = histogramMode(parameters);
  if (mode === undefined || mode === "disjoint" || mode === "detailed") {
    return { status: 400, body: HISTOGRAM_USAGE };
  }
  const selection = selectStats(stats, parameters, () => true);
  if ("error" in selection) return { status: 400, body: selection.error };
  const groups = new Map<string, string[]>();
  const group = (tagged: TaggedName, type: string): { readonly name: string; readonly lines: string[] } => {
    const name = `envoy_${sanitize(tagged.name)}`;
    const key = `${name} ${type}`;
    const lines = groups.get(key) ?? [];
    groups.set(key, lines);
    return { name, lines };
  };
  for (const kind of ["counter", "gauge"] as const) {
    for (const reading of selection.scalars) {
      if (reading.kind !== kind) continue;
      const { name, lines } = group(reading.tagged, kind);
      lines.push(`${name}${labels(reading.tagged)} ${reading.value}`);
    }
  }
  if (parameters.has("text_readouts")) {
    for (const [text, value] of selection.texts) {
      const tagged = stats.tag(text);
      const { name, lines } = group(tagged, "gauge");
      lines.push(`${name}${labels(tagged, `text_value="${escapeLabel(value)}"`)} 0`);
    }
  }
  for (const reading of selection.histograms) {
    const { name, lines } = group(reading.tagged, mode === "summary" ? "summary" : "histogram");
    lines.push(...(mode === "summary" ? summaryLines(name, reading) : bucketLines(name, reading)));
    lines.push(`${name}_sum${labels(reading.tagged)} ${reading.cumulative.sum}`);
    lines.push(`${name}_count${labels(reading.tagged)} ${reading.cumulative.count}`);
  }
  // By type, then by name.
  const order = ["counter", "gauge", "histogram", "summary"];
  const rank = ([key]: readonly [string, unknown]): number => order.indexOf(key.slice(key.indexOf(" ") + 1));
  const inOrder = [...groups].sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  return { body: inOrder.map(([key, lines]) => `# TYPE ${key}\n${lines.join("\n")}\n`).join("") };
}

function bucketLines(name: string, { tagged, cumulative, bounds }: HistogramReading): string[] {
  const counts = cumulativeCounts(cumulative, bounds);
  const lines = bounds.map(
    (bound, i) => `${name}_bucket${labels(tagged, `le="${bound}"`)} ${counts[i] ?? 0}`,
  );
  lines.push(`${name}_bucket${labels(tagged, 'le="+Inf"')} ${cumulative.count}`);
  return lines;
}

function summaryLines(name: string, { tagged, cumulative }: HistogramReading): string[] {
  const values = quantilesOf(cumulative);
  return QUANTILES.map((quantile, i) => {
    const value = values[i] ?? Number.NaN;
    return `${name}${labels(tagged, `quantile="${quantile}"`)} ${Number.isNaN(value) ? "nan" : value}`;
  });
}
