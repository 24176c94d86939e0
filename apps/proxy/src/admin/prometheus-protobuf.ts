import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import {
  MetricFamilySchema,
  type MetricSchema,
  MetricType,
} from "@sluice/xds/gen/io/prometheus/client/metrics_pb.js";
import type { TaggedName } from "../stats/extract-tags.ts";
import { cumulativeCounts, QUANTILES, quantilesOf } from "../stats/log-linear-histogram.ts";
import type { HistogramReading, ScalarReading } from "../stats/stat-readings.ts";
import { nativeHistogram } from "./native-histogram.ts";
import type { PrometheusFormat } from "./prometheus-families.ts";
import { escapeLabel, labelName } from "./prometheus-labels.ts";

type Metric = MessageInitShape<typeof MetricSchema>;

export const PROMETHEUS_PROTOBUF =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

const TYPES = {
  counter: MetricType.COUNTER,
  gauge: MetricType.GAUGE,
  histogram: MetricType.HISTOGRAM,
  summary: MetricType.SUMMARY,
} as const;

/** Prometheus's protobuf format: messages io.prometheus.client.MetricFamily, each behind its length. */
export function protobufFormat(
  histograms: "summary" | "buckets" | "native",
  nativeBucketsMax: number,
): PrometheusFormat<Metric, Uint8Array> {
  return {
    scalar: ({ tagged, kind, value }: ScalarReading): Metric => ({
      label: labels(tagged),
      ...(kind === "counter" ? { counter: { value } } : { gauge: { value } }),
    }),
    text: (tagged, value): Metric => ({
      label: [...labels(tagged), { name: "text_value", value: escapeLabel(value) }],
      gauge: { value: 0 },
    }),
    histogram: (reading): Metric => ({
      label: labels(reading.tagged),
      ...(histograms === "summary"
        ? { summary: summary(reading) }
        : {
            histogram:
              histograms === "native" ? nativeHistogram(reading, nativeBucketsMax) : buckets(reading),
          }),
    }),
    family: (name, type, metric) =>
      sizeDelimitedEncode(
        MetricFamilySchema,
        create(MetricFamilySchema, { name, type: TYPES[type], metric: [...metric] }),
      ),
  };
}

const labels = ({ tags }: TaggedName) =>
  tags.map(([name, value]) => ({ name: labelName(name), value: escapeLabel(value) }));

function buckets({ cumulative, bounds }: HistogramReading): Metric["histogram"] {
  const counts = cumulativeCounts(cumulative, bounds);
  return {
    sampleCount: BigInt(cumulative.count),
    sampleSum: cumulative.sum,
    bucket: bounds.map((upperBound, i) => ({ upperBound, cumulativeCount: BigInt(counts[i] ?? 0) })),
  };
}

function summary({ interval }: HistogramReading): Metric["summary"] {
  const values = quantilesOf(interval);
  return {
    sampleCount: BigInt(interval.count),
    sampleSum: interval.sum,
    quantile: QUANTILES.map((quantile, i) => ({ quantile, value: values[i] ?? Number.NaN })),
  };
}
