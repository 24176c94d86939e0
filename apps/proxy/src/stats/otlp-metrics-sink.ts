import type { Compiled, Problem } from "@sluice/extension-api";
import {
  type SinkConfig,
  SinkConfigSchema,
} from "@sluice/xds/gen/envoy/extensions/stat_sinks/open_telemetry/v3/open_telemetry_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { compileGrpcService, type GrpcTarget } from "../grpc/compile-grpc-service.ts";
import { compileHttpService, type HttpTarget } from "../grpc/compile-http-service.ts";
import { GrpcSender, type ResolveCluster } from "../grpc/grpc-stream.ts";
import { HttpSender } from "../grpc/http-sender.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import { detectResource, type ResourceAttributes, sdkAttributes } from "../grpc/resource-detectors.ts";
import { cumulativeCounts } from "./log-linear-histogram.ts";
import type { HistogramReading, ScalarReading } from "./stat-readings.ts";

export interface OtlpSinkConfig {
  readonly target: { readonly grpc: GrpcTarget } | { readonly http: HttpTarget };
  readonly countersAsDeltas: boolean;
  readonly histogramsAsDeltas: boolean;
  readonly tagsAsAttributes: boolean;
  readonly namesWithoutTags: boolean;
  /** With its dot; "": none. */
  readonly prefix: string;
  readonly resource: ResourceAttributes;
  /** Of one request; 0: all go in one. */
  readonly dataPointsMax: number;
}

const PATH = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const CONFIG = "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig";

export function compileOtlpSink(config: SinkConfig, path: string, version: string): Compiled<OtlpSinkConfig> {
  const problems: Problem[] = refuseUnsupportedFields(
    SinkConfigSchema,
    config,
    {
      [CONFIG]: [
        "grpc_service",
        "http_service",
        "resource_detectors",
        "report_counters_as_deltas",
        "report_histograms_as_deltas",
        "emit_tags_as_attributes",
        "use_tag_extracted_name",
        "prefix",
        "max_data_points_per_request",
      ],
    },
    path,
  );
  const { protocolSpecifier: protocol } = config;
  const target: Compiled<OtlpSinkConfig["target"]> =
    protocol.case === "httpService"
      ? named("http", compileHttpService(protocol.value, `${path}.http_service`))
      : named("grpc", compileGrpcService(protocol.value, `${path}.grpc_service`));
  if (!target.ok) problems.push(...target.problems);
  const resource = detectResource(config.resourceDetectors, `${path}.resource_detectors`);
  if (!resource.ok) problems.push(...resource.problems);
  if (problems.length > 0 || !target.ok || !resource.ok) return { ok: false, problems };
  return {
    ok: true,
    value: {
      target: target.value,
      countersAsDeltas: config.reportCountersAsDeltas,
      histogramsAsDeltas: config.reportHistogramsAsDeltas,
      tagsAsAttributes: config.emitTagsAsAttributes ?? true,
      namesWithoutTags: config.useTagExtractedName ?? true,
      prefix: config.prefix === "" ? "" : `${config.prefix}.`,
      resource: { ...sdkAttributes(version), ...resource.value },
      dataPointsMax: config.maxDataPointsPerRequest,
    },
  };
}

function named<K extends string, T>(key: K, compiled: Compiled<T>): Compiled<Readonly<Record<K, T>>> {
  if (!compiled.ok) return compiled;
  return { ok: true, value: record(key, compiled.value) };
}

/** An object of one key. */
function record<K extends string, T>(key: K, value: T): Readonly<Record<K, T>> {
  return { [key]: value } as Readonly<Record<K, T>>;
}

/** opentelemetry.proto.metrics.v1: fields of `Metric`, and the temporalities of its points. */
const GAUGE = 5;
const SUM = 7;
const HISTOGRAM = 9;
const DELTA = 1;
const CUMULATIVE = 2;

/** `envoy.stat_sinks.open_telemetry`: a call per flush (or more), with all stats that were ever used, each a metric. */
export class OtlpMetricsSink {
  readonly #config: OtlpSinkConfig;
  readonly #sender: GrpcSender | HttpSender;
  readonly #writer = new ProtoWriter();
  readonly #startedAtMs: number;
  #flushedAtMs: number;

  constructor(config: OtlpSinkConfig, resolve: ResolveCluster, version: string, startedAtMs: number) {
    this.#config = config;
    this.#startedAtMs = startedAtMs;
    this.#flushedAtMs = startedAtMs;
    this.#sender =
      "http" in config.target
        ? new HttpSender(config.target.http, resolve, `sluice/${version}`)
        : new GrpcSender(config.target.grpc, PATH, "unary", resolve, () => undefined);
  }

  flush(scalars: readonly ScalarReading[], histograms: readonly HistogramReading[], nowMs: number): void {
    const { countersAsDeltas, histogramsAsDeltas, dataPointsMax } = this.#config;
    let metrics: Uint8Array[] = [];
    const add = (metric: Uint8Array): void => {
      metrics.push(metric);
      if (metrics.length !== dataPointsMax) return;
      this.#send(metrics);
      metrics = [];
    };
    for (const reading of scalars) {
      if (!reading.used) continue;
      if (reading.kind === "gauge")
        add(this.#metric(reading, GAUGE, () => this.#number(reading, reading.value, 0, nowMs)));
      else {
        const value = countersAsDeltas ? reading.delta : reading.value;
        const sinceMs = this.#since(countersAsDeltas);
        add(this.#metric(reading, SUM, () => this.#number(reading, value, sinceMs, nowMs), countersAsDeltas));
      }
    }
    for (const reading of histograms) {
      if (!reading.used) continue;
      const sinceMs = this.#since(histogramsAsDeltas);
      add(
        this.#metric(
          reading,
          HISTOGRAM,
          () => this.#distribution(reading, sinceMs, nowMs),
          histogramsAsDeltas,
        ),
      );
    }
    if (metrics.length > 0) this.#send(metrics);
    this.#flushedAtMs = nowMs;
  }

  close(deadlineMs: number): Promise<void> {
    return this.#sender.close(deadlineMs);
  }

  #since(asDelta: boolean): number {
    return asDelta ? this.#flushedAtMs : this.#startedAtMs;
  }

  /** `asDelta`: undefined for gauges. */
  #metric(
    reading: ScalarReading | HistogramReading,
    kind: typeof GAUGE | typeof SUM | typeof HISTOGRAM,
    point: () => void,
    asDelta?: boolean,
  ): Uint8Array {
    const writer = this.#writer;
    const { prefix, namesWithoutTags } = this.#config;
    writer.string(1, `${prefix}${namesWithoutTags ? reading.tagged.name : reading.name}`);
    const data = writer.begin(kind);
    const at = writer.begin(1);
    point();
    writer.end(at);
    if (asDelta !== undefined) writer.uint(2, asDelta ? DELTA : CUMULATIVE);
    if (kind === SUM) writer.bool(3, true);
    writer.end(data);
    return Uint8Array.from(writer.finish());
  }

  #number(reading: ScalarReading, value: number, sinceMs: number, nowMs: number): void {
    this.#times(sinceMs, nowMs);
    this.#writer.fixed64(6, BigInt.asUintN(64, BigInt(Math.trunc(value))));
    this.#attributes(7, reading);
  }

  #distribution(reading: HistogramReading, sinceMs: number, nowMs: number): void {
    const view = this.#config.histogramsAsDeltas ? reading.interval : reading.cumulative;
    const below = cumulativeCounts(view, reading.bounds);
    const counts = [...below, view.count].map((count, i) => count - (i === 0 ? 0 : (below[i - 1] ?? 0)));
    const writer = this.#writer;
    this.#times(sinceMs, nowMs);
    writer.fixed64(4, BigInt(view.count));
    writer.double(5, view.sum);
    writer.bytes(6, new Uint8Array(BigUint64Array.from(counts, BigInt).buffer));
    writer.bytes(7, new Uint8Array(Float64Array.from(reading.bounds).buffer));
    this.#attributes(9, reading);
  }

  #times(sinceMs: number, nowMs: number): void {
    if (sinceMs > 0) this.#writer.fixed64(2, BigInt(sinceMs) * 1_000_000n);
    this.#writer.fixed64(3, BigInt(nowMs) * 1_000_000n);
  }

  #attributes(field: number, { tagged }: ScalarReading | HistogramReading): void {
    if (!this.#config.tagsAsAttributes) return;
    for (const [name, value] of tagged.tags) this.#attribute(field, name, value);
  }

  #attribute(field: number, name: string, value: string): void {
    const writer = this.#writer;
    const attribute = writer.begin(field);
    writer.string(1, name);
    const any = writer.begin(2);
    writer.string(1, value);
    writer.end(any);
    writer.end(attribute);
  }

  /** The lengths of what holds all metrics are written by `bytes`, which knows no limit. */
  #send(metrics: readonly Uint8Array[]): void {
    const writer = this.#writer;
    for (const metric of metrics) writer.bytes(2, metric);
    const scope = Uint8Array.from(writer.finish());
    const resource = writer.begin(1);
    for (const [name, value] of Object.entries(this.#config.resource)) this.#attribute(1, name, value);
    writer.end(resource);
    writer.bytes(2, scope);
    const all = Uint8Array.from(writer.finish());
    writer.bytes(1, all);
    this.#sender.send(Uint8Array.from(writer.finish()));
  }
}
