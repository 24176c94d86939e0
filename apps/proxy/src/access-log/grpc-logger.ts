import type { Compiled, Problem } from "@sluice/extension-api";
import type {
  CommonGrpcAccessLogConfig,
  HttpGrpcAccessLogConfig,
} from "@sluice/xds/gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { compileLogService, type GrpcTarget } from "../grpc/compile-grpc-service.ts";
import type { HttpTarget } from "../grpc/compile-http-service.ts";
import { ProtoWriter } from "../grpc/proto-writer.ts";
import type { TelemetryOutbox } from "../grpc/telemetry-outbox.ts";
import { compileCustomTags } from "../tracing/compile-custom-tags.ts";
import type { AccessLogger } from "./access-logger.ts";
import { type EntryExtras, encodeHttpEntry, encodeTcpEntry } from "./encode-http-entry.ts";

/** Where the main thread sends batches of entries on to; travels as JSON. */
export type AccessLogSink =
  | { readonly kind: "http" | "tcp"; readonly logName: string; readonly target: GrpcTarget }
  | OtlpLogSink;

/** A sink of OpenTelemetry logs: what its records are labelled with. */
export interface OtlpLogSink {
  readonly kind: "otlp";
  readonly logName: string;
  readonly target: { readonly grpc: GrpcTarget } | { readonly http: HttpTarget };
  /** `log_name`, `zone_name`, `cluster_name` and `node_name` stand on the resource, unless it has them of its own. */
  readonly builtinLabels: boolean;
  /** Encoded as `opentelemetry.proto.common.v1.KeyValue`, in base64; the last one of a key counts. */
  readonly resource: readonly (readonly [key: string, pair: string])[];
  /** "": none. */
  readonly statPrefix: string;
}

const lower = (names: readonly string[] | undefined): readonly string[] =>
  (names ?? []).map((name) => name.toLowerCase());

/** Encodes entries here and hands them to the main thread in batches. */
export function compileGrpcLogger(
  kind: "http" | "tcp",
  common: CommonGrpcAccessLogConfig | undefined,
  http: HttpGrpcAccessLogConfig | undefined,
  path: string,
  outbox: TelemetryOutbox,
): Compiled<AccessLogger> {
  const at = `${path}.common_config`;
  const target = compileLogService(common, at);
  const tags = compileCustomTags(common?.customTags ?? [], `${at}.custom_tags`);
  const problems: Problem[] = [...(target.ok ? [] : target.problems), ...(tags.ok ? [] : tags.problems)];
  if (!target.ok || !tags.ok) return { ok: false, problems };
  const extras: EntryExtras = {
    requestHeaders: lower(http?.additionalRequestHeadersToLog),
    responseHeaders: lower(http?.additionalResponseHeadersToLog),
    responseTrailers: lower(http?.additionalResponseTrailersToLog),
    customTags: tags.value,
    filterState: common?.filterStateObjectsToLog ?? [],
  };
  const sink: AccessLogSink = { kind, logName: common?.logName ?? "", target: target.value };
  const out = outbox.open(
    "access-log",
    JSON.stringify(sink),
    common?.bufferSizeBytes ?? 16384,
    durationMs(common?.bufferFlushInterval, 1000),
  );
  const writer = new ProtoWriter();
  const encode = kind === "http" ? encodeHttpEntry : encodeTcpEntry;
  return {
    ok: true,
    value: {
      log: (context) => {
        encode(writer, context, extras);
        out.push(writer.finish());
      },
    },
  };
}
