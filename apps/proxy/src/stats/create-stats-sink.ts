import type { Compiled, Log } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { MetricsServiceConfig } from "@sluice/xds/gen/envoy/config/metrics/v3/metrics_service_pb.js";
import type {
  DogStatsdSink,
  StatsSink as SinkConfig,
  StatsdSink,
} from "@sluice/xds/gen/envoy/config/metrics/v3/stats_pb.js";
import type { SinkConfig as OpenTelemetrySink } from "@sluice/xds/gen/envoy/extensions/stat_sinks/open_telemetry/v3/open_telemetry_pb.js";
import type { ResolveCluster } from "../grpc/grpc-stream.ts";
import { compileMetricsSink, MetricsServiceSink } from "./metrics-service-sink.ts";
import { compileOtlpSink, OtlpMetricsSink } from "./otlp-metrics-sink.ts";
import type { HistogramReading, ScalarReading } from "./stat-readings.ts";
import { compileDogStatsd, compileStatsd, StatsdWriter } from "./statsd-sink.ts";

/** Where the stats of each interval go. */
export interface StatsSink {
  flush(scalars: readonly ScalarReading[], histograms: readonly HistogramReading[], nowMs: number): void;
  close(deadlineMs: number): Promise<void>;
}

export interface StatsSinkDependencies {
  /** The encoded envoy.config.core.v3.Node. */
  readonly node: Uint8Array;
  readonly resolve: ResolveCluster;
  /** This build's, `0.1.0`. */
  readonly version: string;
  /** Whether the bootstrap has a cluster of that name. */
  isStatic(cluster: string): boolean;
  readonly log: Log;
}

const METRICS_SERVICE = "envoy.config.metrics.v3.MetricsServiceConfig";
const STATSD = "envoy.config.metrics.v3.StatsdSink";
const OPEN_TELEMETRY = "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig";
const DOG_STATSD = "envoy.config.metrics.v3.DogStatsdSink";

/** One of the bootstrap's `stats_sinks`. */
export function createStatsSink(
  config: SinkConfig,
  path: string,
  use: StatsSinkDependencies,
): Compiled<StatsSink> {
  const at = `${path}.typed_config`;
  const refuse = (message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path: at, message, severity: "error" }],
  });
  const any = config.configType.value;
  if (any === undefined) return refuse("needs a typed_config");
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(unpacked.message);
  switch (unpacked.typeName) {
    case METRICS_SERVICE: {
      const sink = compileMetricsSink(asMetrics(unpacked.message), at);
      if (sink.ok && !use.isStatic(sink.value.target.cluster))
        return refuse(`Unknown gRPC client cluster '${sink.value.target.cluster}'`);
      return sink.ok ? { ok: true, value: new MetricsServiceSink(sink.value, use.node, use.resolve) } : sink;
    }
    case STATSD: {
      const sink = compileStatsd(asStatsd(unpacked.message), at);
      const target = sink.ok ? sink.value.target : undefined;
      if (target?.kind === "tcp" && !use.isStatic(target.cluster))
        return refuse(`tcp statsd: unknown cluster '${target.cluster}'`);
      return sink.ok ? { ok: true, value: new StatsdWriter(sink.value, use.resolve, use.log) } : sink;
    }
    case DOG_STATSD: {
      const sink = compileDogStatsd(asDogStatsd(unpacked.message), at);
      return sink.ok ? { ok: true, value: new StatsdWriter(sink.value, use.resolve, use.log) } : sink;
    }
    case OPEN_TELEMETRY: {
      const sink = compileOtlpSink(asOpenTelemetry(unpacked.message), at, use.version);
      if (!sink.ok) return sink;
      return {
        ok: true,
        value: new OtlpMetricsSink(sink.value, use.resolve, use.version, Date.now()),
      };
    }
    default:
      return refuse(`${unpacked.typeName} is not implemented`);
  }
}

/** The caller has checked the type's name. */
const asMetrics = (message: unknown): MetricsServiceConfig => message as MetricsServiceConfig;
const asStatsd = (message: unknown): StatsdSink => message as StatsdSink;
const asOpenTelemetry = (message: unknown): OpenTelemetrySink => message as OpenTelemetrySink;
const asDogStatsd = (message: unknown): DogStatsdSink => message as DogStatsdSink;
