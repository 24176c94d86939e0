import type { Message } from "@bufbuild/protobuf";
import type { Compiled, HeaderMap, LocalInfo, Problem, Random, StatsScope } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { Tracing_Http } from "@sluice/xds/gen/envoy/config/trace/v3/http_tracer_pb.js";
import type { OpenTelemetryConfig } from "@sluice/xds/gen/envoy/config/trace/v3/opentelemetry_pb.js";
import {
  type HttpConnectionManager_Tracing,
  HttpConnectionManager_TracingSchema,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";
import { compileGrpcService, type GrpcTarget } from "../grpc/compile-grpc-service.ts";
import { compileHttpService, type HttpTarget } from "../grpc/compile-http-service.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import { detectResource, SCOPE_NAME, sdkAttributes } from "../grpc/resource-detectors.ts";
import type { TelemetryOutbox } from "../grpc/telemetry-outbox.ts";
import { compileCustomTags } from "./compile-custom-tags.ts";
import { compileSampler, type Sampler } from "./compile-sampler.ts";
import { nullTracer } from "./null-tracer.ts";
import { OtelSpan, type SpanOptions } from "./otel-span.ts";
import { compileSpanName } from "./route-tracing.ts";
import type { TraceSampling } from "./trace-decision.ts";
import { randomHex, readTraceParent } from "./trace-parent.ts";
import type { ActiveSpan, Tracer, TracerFactory } from "./tracer.ts";

/** Where spans are counted: how many went on, how many had no room, how often they went because of their time. */
export const SPAN_SCOPE = "tracing.opentelemetry.";

export interface TracerDependencies {
  /** The root scope. */
  readonly stats: StatsScope;
  readonly random: Random;
  readonly outbox: TelemetryOutbox;
  readonly localInfo: LocalInfo;
  /** This build's, for `telemetry.sdk.version`. */
  readonly version: string;
  /** `tracing.http` of the bootstrap: what holds where a connection manager names no provider. */
  readonly provider: Tracing_Http | undefined;
}

/** Where the main thread sends spans on to; travels as JSON. */
export interface SpanSink {
  /** Of the resource, in their order. */
  readonly attributes: readonly (readonly [string, string])[];
  /** Of the instrumentation scope; "": none. */
  readonly scopeName: string;
  readonly target: { readonly grpc: GrpcTarget } | { readonly http: HttpTarget };
}

interface CompiledProvider {
  readonly sink: SpanSink;
  readonly sampler: Sampler | undefined;
}

const NO_PROVIDER: Compiled<undefined> = { ok: true, value: undefined };

const OPENTELEMETRY = "envoy.config.trace.v3.OpenTelemetryConfig";
/** Spans leave a worker after so long, or when there are so many bytes. */
const FLUSH_MS = 500;
const BATCH_BYTES = 64 * 1024;

export const TRACING_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing": [
    "client_sampling",
    "random_sampling",
    "overall_sampling",
    "max_path_tag_length",
    "custom_tags",
    "provider",
    "spawn_upstream_span",
    "operation",
    "upstream_operation",
    "no_context_propagation",
  ],
  [OPENTELEMETRY]: [
    "grpc_service",
    "http_service",
    "service_name",
    "resource_detectors",
    "sampler",
    "set_telemetry_sdk_resource_attributes",
    "set_service_name_resource_attribute",
    "set_instrumentation_scope",
  ],
};

/** Tracers of one thread. Implemented: `envoy.tracers.opentelemetry` over gRPC and HTTP, with W3C propagation. */
export function createTracerFactory(use: TracerDependencies): TracerFactory {
  return { compile: (config, path, outbound) => compileTracer(config, path, outbound, use) };
}

function compileTracer(
  config: HttpConnectionManager_Tracing,
  path: string,
  outbound: boolean,
  use: TracerDependencies,
): Compiled<Tracer> {
  const problems: Problem[] = refuseUnsupportedFields(
    HttpConnectionManager_TracingSchema,
    config,
    TRACING_SUPPORTED_FIELDS,
    path,
  );
  const given = config.provider ?? use.provider;
  const provider =
    given === undefined ? NO_PROVIDER : compileProvider(given, `${path}.provider`, use.version);
  const tags = compileCustomTags(config.customTags, `${path}.custom_tags`);
  const operation = compileSpanName(config.operation, `${path}.operation`);
  const upstreamOperation = compileSpanName(config.upstreamOperation, `${path}.upstream_operation`);
  for (const part of [provider, tags, operation, upstreamOperation])
    if (!part.ok) problems.push(...part.problems);
  if (problems.length > 0 || !provider.ok || !tags.ok || !operation.ok || !upstreamOperation.ok) {
    return { ok: false, problems };
  }
  const sampling = {
    client: config.clientSampling?.value ?? 100,
    random: config.randomSampling?.value ?? 100,
    overall: config.overallSampling?.value ?? 100,
  };
  if (provider.value === undefined) return { ok: true, value: nullTracer({ sampling, outbound }) };
  for (const name of ["spans_sent", "spans_dropped"]) use.stats.counter(SPAN_SCOPE + name);
  const timerFlushed = use.stats.counter(`${SPAN_SCOPE}timer_flushed`);
  const flushed = (): void => timerFlushed.inc();
  const options: SpanOptions = {
    writer: new ProtoWriter(),
    sink: use.outbox.open("spans", JSON.stringify(provider.value.sink), BATCH_BYTES, FLUSH_MS, flushed),
    uint32: () => use.random.uint32(),
    usualName: outbound ? "egress" : "ingress",
    operation: operation.value,
    upstreamOperation: upstreamOperation.value,
    customTags: tags.value,
    spawnUpstream: config.spawnUpstreamSpan ?? false,
    propagate: !config.noContextPropagation,
    pathLengthMax: config.maxPathTagLength ?? 256,
    nodeId: use.localInfo.nodeId,
    zone: use.localInfo.zone,
  };
  return { ok: true, value: new SamplingTracer(options, sampling, outbound, provider.value.sampler) };
}

class SamplingTracer implements Tracer {
  readonly sampling: TraceSampling;
  readonly outbound: boolean;
  readonly #options: SpanOptions;
  readonly #sampler: Sampler | undefined;

  constructor(
    options: SpanOptions,
    sampling: TraceSampling,
    outbound: boolean,
    sampler: Sampler | undefined,
  ) {
    this.outbound = outbound;
    this.#options = options;
    this.#sampler = sampler;
    this.sampling = sampling;
  }

  startSpan(request: HeaderMap, startTimeMs: number, traced: boolean): ActiveSpan {
    const parent = readTraceParent(request);
    if (parent !== undefined) {
      const sampled =
        this.#sampler === undefined ? parent.sampled : traced && this.#sampler(parent.traceId, parent);
      return new OtelSpan(this.#options, { ...parent, sampled }, startTimeMs, "");
    }
    const traceId = randomHex(this.#options.uint32, 4);
    const sampled = traced && (this.#sampler?.(traceId, undefined) ?? true);
    const root = { traceId, spanId: "", sampled, traceState: "" };
    return new OtelSpan(this.#options, root, startTimeMs, "");
  }
}

function compileProvider(provider: Tracing_Http, path: string, version: string): Compiled<CompiledProvider> {
  const refuse = (message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  const any = provider.configType.case === "typedConfig" ? provider.configType.value : undefined;
  if (any === undefined) return refuse(`${provider.name} needs a typed_config`);
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(unpacked.message);
  if (unpacked.typeName !== OPENTELEMETRY) return refuse(`tracer ${unpacked.typeName} is not implemented`);
  const at = `${path}.typed_config`;
  const problems = refuseUnsupportedFields(unpacked.schema, unpacked.message, TRACING_SUPPORTED_FIELDS, at);
  const otel = asOpenTelemetry(unpacked.message);
  const target = compileTarget(otel, at);
  const sampler = otel.sampler === undefined ? undefined : compileSampler(otel.sampler, `${at}.sampler`);
  const resource = detectResource(otel.resourceDetectors, `${at}.resource_detectors`);
  for (const part of [target, sampler, resource]) if (part?.ok === false) problems.push(...part.problems);
  if (problems.length > 0 || !target.ok || !resource.ok) return { ok: false, problems };
  const attributes = {
    ...((otel.setServiceNameResourceAttribute ?? true)
      ? { "service.name": otel.serviceName === "" ? "unknown_service:envoy" : otel.serviceName }
      : {}),
    ...((otel.setTelemetrySdkResourceAttributes ?? true) ? sdkAttributes(version) : {}),
    ...resource.value,
  };
  const sink: SpanSink = {
    attributes: Object.entries(attributes),
    scopeName: (otel.setInstrumentationScope ?? true) ? SCOPE_NAME : "",
    target: target.value,
  };
  return { ok: true, value: { sink, sampler: sampler?.ok === true ? sampler.value : undefined } };
}

function compileTarget(otel: OpenTelemetryConfig, at: string): Compiled<SpanSink["target"]> {
  if (otel.httpService === undefined) {
    const grpc = compileGrpcService(otel.grpcService, `${at}.grpc_service`);
    return grpc.ok ? { ok: true, value: { grpc: grpc.value } } : grpc;
  }
  if (otel.grpcService !== undefined) {
    const message = "stands in place of grpc_service, not beside it";
    return { ok: false, problems: [{ path: `${at}.http_service`, message, severity: "error" }] };
  }
  const http = compileHttpService(otel.httpService, `${at}.http_service`);
  return http.ok ? { ok: true, value: { http: http.value } } : http;
}

/** The caller has checked the type's name. */
function asOpenTelemetry(message: Message): OpenTelemetryConfig {
  return message as OpenTelemetryConfig;
}
