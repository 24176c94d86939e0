import type { Compiled, Problem } from "@sluice/extension-api";
import { ApiVersion } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  HistogramEmitMode,
  type MetricsServiceConfig,
  MetricsServiceConfigSchema,
} from "@sluice/xds/gen/envoy/config/metrics/v3/metrics_service_pb.js";
import { NO_V2 } from "../config-message/refusal-words.ts";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { compileGrpcService, type GrpcTarget } from "../grpc/compile-grpc-service.ts";
import { GrpcSender, type ResolveCluster } from "../grpc/grpc-stream.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import { cumulativeCounts, QUANTILES, quantilesOf } from "./log-linear-histogram.ts";
import type { HistogramReading, ScalarReading } from "./stat-readings.ts";

export interface MetricsSinkConfig {
  readonly target: GrpcTarget;
  readonly countersAsDeltas: boolean;
  readonly tagsAsLabels: boolean;
  readonly summaries: boolean;
  readonly buckets: boolean;
}

const PATH = "/envoy.service.metrics.v3.MetricsService/StreamMetrics";
/** io.prometheus.client.MetricType. */
const COUNTER = 0;
const GAUGE = 1;
const SUMMARY = 2;
const HISTOGRAM = 4;

export function compileMetricsSink(config: MetricsServiceConfig, path: string): Compiled<MetricsSinkConfig> {
  const problems: Problem[] = refuseUnsupportedFields(
    MetricsServiceConfigSchema,
    config,
    {
      "envoy.config.metrics.v3.MetricsServiceConfig": [
        "grpc_service",
        "transport_api_version",
        "report_counters_as_deltas",
        "emit_tags_as_labels",
        "histogram_emit_mode",
      ],
    },
    path,
  );
  if (config.transportApiVersion === ApiVersion.V2)
    problems.push({ path: `${path}.transport_api_version`, message: NO_V2, severity: "error" });
  const target = compileGrpcService(config.grpcService, `${path}.grpc_service`);
  if (!target.ok) problems.push(...target.problems);
  if (problems.length > 0 || !target.ok) return { ok: false, problems };
  const mode = config.histogramEmitMode;
  return {
    ok: true,
    value: {
      target: target.value,
      countersAsDeltas: config.reportCountersAsDeltas ?? false,
      tagsAsLabels: config.emitTagsAsLabels,
      summaries: mode !== HistogramEmitMode.HISTOGRAM,
      buckets: mode !== HistogramEmitMode.SUMMARY,
    },
  };
}

/** `envoy.stat_sinks.metrics_service`: one message per flush, with all stats that were ever used. */
export class MetricsServiceSink {
  readonly #config: MetricsSinkConfig;
  readonly #sender: GrpcSender;
  readonly #writer = new ProtoWriter();

  /** `node`: the encoded envoy.config.core.v3.Node. */
  constructor(config: MetricsSinkConfig, node: Uint8Array, resolve: ResolveCluster) {
    this.#config = config;
    this.#sender = new GrpcSender(config.target, PATH, "stream", resolve, () => {
      const writer = new ProtoWriter();
      const identifier = writer.begin(1);
      writer.bytes(1, node);
      writer.end(identifier);
      return writer.finish();
    });
  }

  flush(scalars: readonly ScalarReading[], histograms: readonly HistogramReading[], nowMs: number): void {
    const writer = this.#writer;
    for (const reading of scalars) if (reading.used) this.#scalar(writer, reading, nowMs);
    for (const reading of histograms) {
      if (!reading.used) continue;
      if (this.#config.summaries) this.#summary(writer, reading, nowMs);
      if (this.#config.buckets) this.#buckets(writer, reading, nowMs);
    }
    this.#sender.send(Uint8Array.from(writer.finish()));
  }

  get dropped(): number {
    return this.#sender.dropped;
  }

  close(deadlineMs: number): Promise<void> {
    return this.#sender.close(deadlineMs);
  }

  #family(
    writer: ProtoWriter,
    reading: ScalarReading | HistogramReading,
    type: number,
    nowMs: number,
    value: () => void,
  ): void {
    const family = writer.begin(2);
    writer.string(1, this.#config.tagsAsLabels ? reading.tagged.name : reading.name);
    writer.uintAlways(3, type);
    const metric = writer.begin(4);
    if (this.#config.tagsAsLabels) {
      for (const [name, text] of reading.tagged.tags) {
        const label = writer.begin(1);
        writer.string(1, name);
        writer.string(2, text);
        writer.end(label);
      }
    }
    value();
    writer.uintAlways(6, nowMs);
    writer.end(metric);
    writer.end(family);
  }

  #scalar(writer: ProtoWriter, reading: ScalarReading, nowMs: number): void {
    const counter = reading.kind === "counter";
    const value = counter && this.#config.countersAsDeltas ? reading.delta : reading.value;
    this.#family(writer, reading, counter ? COUNTER : GAUGE, nowMs, () => {
      const message = writer.begin(counter ? 3 : 2);
      writer.double(1, value);
      writer.end(message);
    });
  }

  #summary(writer: ProtoWriter, reading: HistogramReading, nowMs: number): void {
    this.#family(writer, reading, SUMMARY, nowMs, () => {
      const summary = writer.begin(4);
      writer.uintAlways(1, reading.interval.count);
      writer.double(2, reading.interval.sum);
      const values = quantilesOf(reading.interval);
      for (const [index, quantile] of QUANTILES.entries()) {
        const message = writer.begin(3);
        writer.double(1, quantile);
        writer.double(2, values[index] ?? Number.NaN);
        writer.end(message);
      }
      writer.end(summary);
    });
  }

  #buckets(writer: ProtoWriter, reading: HistogramReading, nowMs: number): void {
    this.#family(writer, reading, HISTOGRAM, nowMs, () => {
      const histogram = writer.begin(7);
      writer.uintAlways(1, reading.interval.count);
      writer.double(2, reading.interval.sum);
      const counts = cumulativeCounts(reading.interval, reading.bounds);
      for (const [index, bound] of reading.bounds.entries()) {
        const bucket = writer.begin(3);
        writer.uintAlways(1, counts[index] ?? 0);
        writer.double(2, bound);
        writer.end(bucket);
      }
      writer.end(histogram);
    });
  }
}
