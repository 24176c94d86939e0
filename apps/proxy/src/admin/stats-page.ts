import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-command.ts";
import { type HistogramMode, histogramMode, histogramsJson, histogramText } from "./histogram-text.ts";
import { escapeHtml, page } from "./html.ts";
import { prometheusPage } from "./prometheus-page.ts";
import { type StatSelection, selectStats } from "./stat-selection.ts";

const refuse = (body: string): AdminReply => ({ status: 400, body });

/** `/stats` in all formats. */
export function statsPage(
  stats: StatsRegistry,
  parameters: URLSearchParams,
  accept: string | undefined,
): AdminReply {
  const format = parameters.get("format") || "text";
  if (format === "prometheus") return prometheusPage(stats, parameters, accept);
  const selection = selectStats(stats, parameters, true);
  if ("error" in selection) return refuse(selection.error);
  const mode = histogramMode(parameters) ?? "";
  if (mode === "prometheusnative")
    return refuse("Invalid histogram_buckets type for non prometheus stats type");
  if (format === "json") return { type: "application/json", body: statsJson(selection, mode) };
  if (format === "text") return { body: statsText(selection, mode) };
  const text = [...statsText(selection, mode)].join("");
  const refresh = format === "active-html" ? '<meta http-equiv="refresh" content="5">' : "";
  return {
    type: "text/html; charset=UTF-8",
    body: page("Sluice stats", `<pre>${escapeHtml(text)}</pre>`, refresh),
  };
}

function* statsJson(selection: StatSelection, mode: HistogramMode): Iterable<string> {
  let separator = "";
  const entry = (name: string, value: string): string => {
    const text = `${separator}{"name":${quote(name)},"value":${value}}`;
    separator = ",";
    return text;
  };
  yield '{"stats":[';
  for (const [name, value] of selection.texts) yield entry(name, JSON.stringify(value));
  for (const group of selection.scalars()) {
    let text = "";
    for (const { name, value } of group) text += entry(name, String(value));
    yield text;
  }
  const histograms = [...selection.histograms()].flat();
  if (histograms.length > 0)
    yield `${separator}${JSON.stringify({ histograms: histogramsJson(histograms, mode) })}`;
  yield "]}";
}

/** Names seldom have something to escape. */
const quote = (name: string): string => (/^[\w.:/-]*$/.test(name) ? `"${name}"` : JSON.stringify(name));

function* statsText(selection: StatSelection, mode: HistogramMode): Iterable<string> {
  for (const [name, value] of selection.texts) yield `${name}: "${value}"\n`;
  for (const group of selection.scalars()) {
    let text = "";
    for (const { name, value } of group) text += `${name}: ${value}\n`;
    yield text;
  }
  for (const group of selection.histograms()) {
    let text = "";
    for (const reading of group) text += `${reading.name}${histogramText(reading, mode)}\n`;
    yield text;
  }
}
