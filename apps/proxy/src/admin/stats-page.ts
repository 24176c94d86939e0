import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-command.ts";
import {
  HISTOGRAM_USAGE,
  type HistogramMode,
  histogramMode,
  histogramsJson,
  histogramText,
} from "./histogram-text.ts";
import { escapeHtml, page } from "./html.ts";
import { prometheusText } from "./prometheus-page.ts";
import { type StatSelection, selectStats } from "./stat-selection.ts";

export const STAT_TYPES = ["All", "Counters", "Histograms", "Gauges", "TextReadouts"] as const;
export const STAT_FORMATS = ["html", "active-html", "text", "json"] as const;
const HIDDEN = ["include", "only", "exclude"];

const refuse = (body: string): AdminReply => ({ status: 400, body });

/** `/stats` in all formats. No stat of this proxy is hidden: `hidden=only` shows none. */
export function statsPage(stats: StatsRegistry, parameters: URLSearchParams): AdminReply {
  const format = parameters.get("format") ?? "text";
  if (format === "prometheus") return prometheusText(stats, parameters);
  if (format !== "text" && !STAT_FORMATS.some((each) => each === format)) {
    return refuse("usage: /stats?format=(html|active-html|json|prometheus|text)\n\n");
  }
  const type = parameters.get("type") ?? "All";
  if (!STAT_TYPES.some((each) => each === type)) return refuse("invalid &type= param");
  const hidden = parameters.get("hidden") ?? "exclude";
  if (!HIDDEN.includes(hidden)) return refuse("usage: /stats?hidden=(include|only|exclude)\n\n");
  const mode = histogramMode(parameters);
  if (mode === undefined) return refuse(HISTOGRAM_USAGE);
  const selection = selectStats(
    stats,
    parameters,
    (kind) => hidden !== "only" && (type === "All" || type === kind),
  );
  if ("error" in selection) return refuse(selection.error);
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
