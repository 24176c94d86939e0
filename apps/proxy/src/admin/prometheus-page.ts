import type { TaggedName } from "../stats/extract-tags.ts";
import { cumulativeCounts, DEFAULT_BUCKET_BOUNDS } from "../stats/log-linear-histogram.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-commands.ts";
import { compileFilter } from "./stat-filter.ts";

const sanitize = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, "_");
const escapeLabel = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

function labels({ tags }: TaggedName, extra = ""): string {
  const own = tags.map(([name, value]) => `${sanitize(name)}="${escapeLabel(value)}"`).join(",");
  return `{${own}${own !== "" && extra !== "" ? "," : ""}${extra}}`;
}

/** `/stats/prometheus`: text exposition format 0.0.4 with Envoy's names. */
export function prometheusText(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const filter = compileFilter(parameters.get("filter"));
  if (typeof filter !== "function") return { status: 400, body: `${filter.error}\n` };
  const usedOnly = parameters.has("usedonly");
  const shown = (reading: { readonly name: string; readonly used: boolean }): boolean =>
    filter(reading.name) && (reading.used || !usedOnly);
  const groups = new Map<string, string[]>();
  const group = (tagged: TaggedName, type: string): { readonly name: string; readonly lines: string[] } => {
    const name = `envoy_${sanitize(tagged.name)}`;
    const key = `${name} ${type}`;
    const lines = groups.get(key) ?? [];
    groups.set(key, lines);
    return { name, lines };
  };
  const scalars = stats.scalars().filter(shown);
  for (const kind of ["counter", "gauge"] as const) {
    for (const reading of scalars) {
      if (reading.kind !== kind) continue;
      const { name, lines } = group(reading.tagged, kind);
      lines.push(`${name}${labels(reading.tagged)} ${reading.value}`);
    }
  }
  for (const reading of stats.histograms().filter(shown)) {
    const { name, lines } = group(reading.tagged, "histogram");
    const counts = cumulativeCounts(reading.cumulative, DEFAULT_BUCKET_BOUNDS);
    for (const [index, bound] of DEFAULT_BUCKET_BOUNDS.entries()) {
      lines.push(`${name}_bucket${labels(reading.tagged, `le="${bound}"`)} ${counts[index] ?? 0}`);
    }
    lines.push(`${name}_bucket${labels(reading.tagged, 'le="+Inf"')} ${reading.cumulative.count}`);
    lines.push(`${name}_sum${labels(reading.tagged)} ${reading.cumulative.sum}`);
    lines.push(`${name}_count${labels(reading.tagged)} ${reading.cumulative.count}`);
  }
  const body = [...groups].map(([key, lines]) => `# TYPE ${key}\n${lines.join("\n")}\n`).join("");
  return { type: "text/plain; version=0.0.4; charset=UTF-8", body };
}
