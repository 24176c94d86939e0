import { cumulativeCounts, QUANTILES, quantilesOf } from "../stats/log-linear-histogram.ts";
import type { HistogramReading } from "../stats/stat-readings.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { AdminReply } from "./admin-command.ts";
import { histogramMode } from "./histogram-text.ts";
import { type PrometheusFormat, prometheusFamilies } from "./prometheus-families.ts";
import { escapeLabel, labels, ownLabels } from "./prometheus-labels.ts";
import { PROMETHEUS_PROTOBUF, protobufFormat } from "./prometheus-protobuf.ts";
import { selectStats } from "./stat-selection.ts";

const NATIVE_BUCKETS = 20;
const PROTOBUF = "application/vnd.google.protobuf";
const refuse = (body: string): AdminReply => ({ status: 400, body });

/**
 * `/stats/prometheus`: text exposition format 0.0.4 with Envoy's names, or protobuf where `accept` names that first, or
 * `prom_protobuf` is there.
 */
export function prometheusPage(
  stats: StatsRegistry,
  parameters: URLSearchParams,
  accept: string | undefined,
): AdminReply {
  const selection = selectStats(stats, parameters, false);
  if ("error" in selection) return refuse(selection.error);
  const mode = histogramMode(parameters);
  if (mode === "disjoint" || mode === "detailed")
    return refuse("unsupported prometheus histogram bucket mode");
  const protobuf = parameters.has("prom_protobuf") || wantsProtobuf(accept);
  const shown = parameters.has("text_readouts") ? selection : { ...selection, texts: [] };
  const type = mode === "summary" ? "summary" : "histogram";
  if (!protobuf) {
    if (mode === "prometheusnative")
      return refuse("unsupported prometheusnative histogram type when not using protobuf exposition format");
    return { body: prometheusFamilies(stats, shown, textFormat(mode === "summary"), type, "") };
  }
  const bucketsMax = Number(parameters.get("native_histogram_max_buckets") || NATIVE_BUCKETS);
  const histograms = mode === "summary" ? "summary" : mode === "prometheusnative" ? "native" : "buckets";
  const format = protobufFormat(histograms, bucketsMax);
  return {
    type: PROMETHEUS_PROTOBUF,
    body: prometheusFamilies(stats, shown, format, type, new Uint8Array()),
  };
}

/** Of the formats that there are, the first that is named. */
function wantsProtobuf(accept = ""): boolean {
  const types = accept.split(",").map((each) => each.split(";")[0]?.trim());
  return types.find((each) => each === "text/plain" || each === PROTOBUF) === PROTOBUF;
}

function textFormat(summaries: boolean): PrometheusFormat<string, string> {
  return {
    scalar: ({ tagged, value }, name) => `${name}${labels(tagged)} ${value}\n`,
    text: (tagged, value, name) => `${name}${labels(tagged, `text_value="${escapeLabel(value)}"`)} 0\n`,
    histogram: (reading, name) => (summaries ? summaryText(name, reading) : bucketText(name, reading)),
    family: (name, type, metrics) => `# TYPE ${name} ${type}\n${metrics.join("")}`,
  };
}

function bucketText(name: string, { tagged, cumulative, bounds }: HistogramReading): string {
  const counts = cumulative.count === 0 ? [] : cumulativeCounts(cumulative, bounds);
  const own = ownLabels(tagged);
  let text = "";
  for (const [i, bound] of bounds.entries())
    text += `${name}_bucket{${own}le="${bound}"} ${counts[i] ?? 0}\n`;
  const total = labels(tagged);
  return `${text}${name}_bucket{${own}le="+Inf"} ${cumulative.count}\n${name}_sum${total} ${cumulative.sum}\n${name}_count${total} ${cumulative.count}\n`;
}

function summaryText(name: string, { tagged, interval }: HistogramReading): string {
  const values = quantilesOf(interval);
  const quantiles = QUANTILES.map((quantile, i) => {
    const value = values[i] ?? Number.NaN;
    return `${name}${labels(tagged, `quantile="${quantile}"`)} ${Number.isNaN(value) ? "nan" : value}\n`;
  });
  const total = labels(tagged);
  return `${quantiles.join("")}${name}_sum${total} ${interval.sum}\n${name}_count${total} ${interval.count}\n`;
}
