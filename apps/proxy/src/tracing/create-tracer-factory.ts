import type { Message } from "@bufbuild/protobuf";
import type { Compiled, HeaderMap, Problem, Random } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { OpenTelemetryConfig } from "@sluice/xds/gen/envoy/config/trace/v3/opentelemetry_pb.js";
import {
  type HttpConnectionManager_Tracing,
  HttpConnectionManager_TracingSchema,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { FormatContext } from "../access-log/access-logger.ts";
import { compileCustomTags } from "../access-log/compile-custom-tags.ts";
import { compileSubstitutionFormat } from "../access-log/compile-substitution-format.ts";
import { compileGrpcService, type GrpcTarget } from "../grpc/compile-grpc-service.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import { refuseUnsupportedFields, type SupportedFields } from "../server/refuse-unsupported-fields.ts";
import type { TelemetryOutbox } from "../worker/telemetry-outbox.ts";
import type { LocalInfo } from "../worker/worker-context.ts";
import { OtelSpan, type SpanOptions } from "./otel-span.ts";
import type { TraceSampling } from "./trace-decision.ts";
import { randomHex, readTraceParent } from "./trace-parent.ts";
import type { ActiveSpan, Tracer, TracerFactory } from "./tracer.ts";

export interface TracerDependencies {
  readonly random: Random;
  readonly outbox: TelemetryOutbox;
  readonly localInfo: LocalInfo;
}

/** Where the main thread sends spans on to; travels as JSON. */
export interface SpanSink {
  readonly serviceName: string;
  readonly target: GrpcTarget;
}

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
  [OPENTELEMETRY]: ["grpc_service", "service_name"],
};

/** Tracers of one thread. Implemented: `envoy.tracers.opentelemetry` over gRPC, with W3C propagation. */
export function createTracerFactory(use: TracerDependencies): TracerFactory {
  return { compile: (config, path) => compileTracer(config, path, use) };
}

function compileTracer(
  config: HttpConnectionManager_Tracing,
  path: string,
  use: TracerDependencies,
): Compiled<Tracer> {
  const problems: Problem[] = refuseUnsupportedFields(
    HttpConnectionManager_TracingSchema,
    config,
    TRACING_SUPPORTED_FIELDS,
    path,
  );
  const sink = compileProvider(config, `${path}.provider`);
  const tags = compileCustomTags(config.customTags, `${path}.custom_tags`);
  const operation = compileOperation(config.operation, `${path}.operation`);
  const upstreamOperation = compileOperation(config.upstreamOperation, `${path}.upstream_operation`);
  for (const part of [sink, tags, operation, upstreamOperation])
    if (!part.ok) problems.push(...part.problems);
  if (problems.length > 0 || !sink.ok || !tags.ok || !operation.ok || !upstreamOperation.ok) {
    return { ok: false, problems };
  }
  const options: SpanOptions = {
    writer: new ProtoWriter(),
    sink: use.outbox.open("spans", JSON.stringify(sink.value), BATCH_BYTES, FLUSH_MS),
    uint32: () => use.random.uint32(),
    operation: operation.value,
    upstreamOperation: upstreamOperation.value,
    customTags: tags.value,
    spawnUpstream: config.spawnUpstreamSpan ?? false,
    propagate: !config.noContextPropagation,
    pathLengthMax: config.maxPathTagLength ?? 256,
    nodeId: use.localInfo.nodeId,
    zone: use.localInfo.zone,
  };
  const sampling = {
    client: config.clientSampling?.value ?? 100,
    random: config.randomSampling?.value ?? 100,
    overall: config.overallSampling?.value ?? 100,
  };
  return { ok: true, value: new SamplingTracer(options, sampling) };
}

class SamplingTracer implements Tracer {
  readonly sampling: TraceSampling;
  readonly #options: SpanOptions;

  constructor(options: SpanOptions, sampling: TraceSampling) {
    this.#options = options;
    this.sampling = sampling;
  }

  startSpan(request: HeaderMap, startTimeMs: number, traced: boolean): ActiveSpan {
    const parent = readTraceParent(request);
    if (parent !== undefined) return new OtelSpan(this.#options, parent, startTimeMs, "");
    const traceId = randomHex(this.#options.uint32, 4);
    const root = { traceId, spanId: "", sampled: traced, traceState: "" };
    return new OtelSpan(this.#options, root, startTimeMs, "");
  }
}

function compileProvider(config: HttpConnectionManager_Tracing, path: string): Compiled<SpanSink> {
  const refuse = (message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  const { provider } = config;
  if (provider === undefined) return refuse("must be set: tracing without a provider has no effect");
  const any = provider.configType.case === "typedConfig" ? provider.configType.value : undefined;
  if (any === undefined) return refuse(`${provider.name} needs a typed_config`);
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(unpacked.message);
  if (unpacked.typeName !== OPENTELEMETRY) return refuse(`tracer ${unpacked.typeName} is not implemented`);
  const at = `${path}.typed_config`;
  const problems = refuseUnsupportedFields(unpacked.schema, unpacked.message, TRACING_SUPPORTED_FIELDS, at);
  const otel = asOpenTelemetry(unpacked.message);
  const target = compileGrpcService(otel.grpcService, `${at}.grpc_service`);
  if (!target.ok) problems.push(...target.problems);
  if (problems.length > 0 || !target.ok) return { ok: false, problems };
  const serviceName = otel.serviceName === "" ? "unknown_service:envoy" : otel.serviceName;
  return { ok: true, value: { serviceName, target: target.value } };
}

function compileOperation(
  text: string,
  path: string,
): Compiled<((context: FormatContext) => string) | undefined> {
  if (text === "") return { ok: true, value: undefined };
  const format = compileSubstitutionFormat(text, path);
  if (!format.ok) return format;
  return { ok: true, value: (context) => format.value.format(context) };
}

/** The caller has checked the type's name. */
function asOpenTelemetry(message: Message): OpenTelemetryConfig {
  return message as OpenTelemetryConfig;
}
