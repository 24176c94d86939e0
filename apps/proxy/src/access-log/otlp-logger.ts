import { toBinary } from "@bufbuild/protobuf";
import { type Compiled, refuse } from "@sluice/extension-api";
import type { OpenTelemetryAccessLogConfig } from "@sluice/xds/gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service_pb.js";
import { KeyValueSchema } from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { compileFormatters } from "../formatter/compile-formatters.ts";
import { printValue } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import { compileGrpcService, compileLogService } from "../grpc/compile-grpc-service.ts";
import { compileHttpService } from "../grpc/compile-http-service.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import { detectResource } from "../grpc/resource-detectors.ts";
import type { TelemetryOutbox } from "../grpc/telemetry-outbox.ts";
import { type CompiledTag, compileCustomTags } from "../tracing/compile-custom-tags.ts";
import type { AccessLogger } from "./access-logger.ts";
import type { AccessLogSink, OtlpLogSink } from "./grpc-logger.ts";
import { loggedFilterState } from "./logged-filter-state.ts";
import {
  compileAnyValue,
  compileAttributes,
  textAttribute,
  type WriteAnyValue,
  writeText,
} from "./otlp-value.ts";

/** Field of `ScopeLogs`, and those of a `LogRecord` (opentelemetry.proto.logs.v1). */
const LOG_RECORDS = 2;
const TIME = 1;
const BODY = 5;
const ATTRIBUTES = 6;
const TRACE_ID = 9;
const SPAN_ID = 10;

/** `envoy.access_loggers.open_telemetry`: records are encoded here and leave the main thread in batches. */
export function compileOtlpLogger(
  config: OpenTelemetryAccessLogConfig,
  path: string,
  outbox: TelemetryOutbox,
): Compiled<AccessLogger> {
  const { commonConfig: common } = config;
  const target = compileTarget(config, path);
  const tags = compileCustomTags(config.customTags, `${path}.custom_tags`);
  const operators = compileFormatters(config.formatters, `${path}.formatters`);
  const table = operators.ok ? operators.value : {};
  const body: Compiled<WriteAnyValue | undefined> =
    config.body === undefined
      ? { ok: true, value: undefined }
      : compileAnyValue(config.body, `${path}.body`, table);
  const attributes = compileAttributes(config.attributes?.values ?? [], `${path}.attributes.values`, table);
  const resource = resourceOf(config, path);
  const problems = [target, tags, operators, body, attributes, resource].flatMap((part) =>
    part.ok ? [] : part.problems,
  );
  if (!target.ok || !tags.ok || !body.ok || !attributes.ok || !resource.ok || problems.length > 0) {
    return { ok: false, problems };
  }
  const sink: AccessLogSink = {
    kind: "otlp",
    logName: config.logName === "" ? (common?.logName ?? "") : config.logName,
    target: target.value,
    builtinLabels: !config.disableBuiltinLabels,
    resource: resource.value,
    statPrefix: config.statPrefix,
  };
  const out = outbox.open(
    "access-log",
    JSON.stringify(sink),
    config.bufferSizeBytes ?? common?.bufferSizeBytes ?? 16384,
    durationMs(config.bufferFlushInterval ?? common?.bufferFlushInterval, 1000),
  );
  const states =
    config.filterStateObjectsToLog.length > 0
      ? config.filterStateObjectsToLog
      : (common?.filterStateObjectsToLog ?? []);
  const writer = new ProtoWriter();
  return {
    ok: true,
    value: {
      log: (context) => {
        encode(writer, context, body.value, attributes.value, tags.value, states);
        out.push(writer.finish());
      },
    },
  };
}

function encode(
  writer: ProtoWriter,
  context: FormatContext,
  body: WriteAnyValue | undefined,
  attributes: WriteAnyValue,
  tags: readonly CompiledTag[],
  states: readonly string[],
): void {
  const record = writer.begin(LOG_RECORDS);
  writer.fixed64(TIME, BigInt(Math.round(context.streamInfo.startTimeMs * 1000)) * 1000n);
  body?.(writer, BODY, context);
  attributes(writer, ATTRIBUTES, context);
  for (const key of states) {
    const text = loggedFilterState(context.streamInfo, key);
    if (text !== undefined) writeText(writer, ATTRIBUTES, key, JSON.stringify(text));
  }
  for (const [tag, parts] of tags) writeTag(writer, tag, parts, context);
  if (context.traceId !== undefined) writer.bytes(TRACE_ID, Buffer.from(context.traceId, "hex"));
  if (context.spanId !== undefined) writer.bytes(SPAN_ID, Buffer.from(context.spanId, "hex"));
  writer.end(record);
}

/** One that comes to nothing is left out. */
function writeTag(writer: ProtoWriter, tag: string, parts: CompiledTag[1], context: FormatContext): void {
  let value = "";
  for (const part of parts) value += typeof part === "string" ? part : printValue(part(context), "");
  if (value !== "") writeText(writer, ATTRIBUTES, tag, value);
}

function compileTarget(config: OpenTelemetryAccessLogConfig, path: string): Compiled<OtlpLogSink["target"]> {
  const { commonConfig, grpcService, httpService } = config;
  if (httpService !== undefined) {
    if (grpcService !== undefined || commonConfig?.grpcService !== undefined) {
      const message = "stands in place of a gRPC service, not beside it";
      return refuse(`${path}.http_service`, message);
    }
    const http = compileHttpService(httpService, `${path}.http_service`);
    return http.ok ? { ok: true, value: { http: http.value } } : http;
  }
  const grpc =
    grpcService === undefined
      ? compileLogService(commonConfig, `${path}.common_config`)
      : compileGrpcService(grpcService, `${path}.grpc_service`);
  return grpc.ok ? { ok: true, value: { grpc: grpc.value } } : grpc;
}

/** As in Envoy: one that is configured stands in place of one that was found, and is of any kind. */
function resourceOf(config: OpenTelemetryAccessLogConfig, path: string): Compiled<OtlpLogSink["resource"]> {
  const detected = detectResource(config.resourceDetectors, `${path}.resource_detectors`);
  if (!detected.ok) return detected;
  const found = Object.entries(detected.value).map(([key, value]) => textAttribute(key, value));
  const pairs = [...found, ...(config.resourceAttributes?.values ?? [])];
  const value = pairs.map((pair): OtlpLogSink["resource"][number] => [
    pair.key,
    Buffer.from(toBinary(KeyValueSchema, pair)).toString("base64"),
  ]);
  return { ok: true, value };
}
