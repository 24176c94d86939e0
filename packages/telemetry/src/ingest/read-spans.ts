import type { ExportTraceServiceRequest } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { AnyValue, KeyValue } from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import {
  Span_SpanKind as Kind,
  type Span as OtlpSpan,
  Status_StatusCode as StatusCode,
} from "@sluice/xds/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { Span } from "../contract.ts";

const KINDS: Readonly<Record<Kind, Span["kind"]>> = {
  [Kind.UNSPECIFIED]: "unspecified",
  [Kind.INTERNAL]: "internal",
  [Kind.SERVER]: "server",
  [Kind.CLIENT]: "client",
  [Kind.PRODUCER]: "producer",
  [Kind.CONSUMER]: "consumer",
};

/** Spans of one export. Those without a whole trace and span id (16 and 8 bytes, not all zero) are left out. */
export function readSpans(request: ExportTraceServiceRequest): Span[] {
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = attributesOf(resource?.attributes ?? []);
    return scopeSpans.flatMap(({ spans }) =>
      spans.filter(hasIds).map((span) => spanOf(span, String(of["service.name"] ?? ""), of)),
    );
  });
}

function hasIds(span: OtlpSpan): boolean {
  const whole = (id: Uint8Array, length: number) => id.length === length && id.some((byte) => byte !== 0);
  return whole(span.traceId, 16) && whole(span.spanId, 8);
}

function spanOf(span: OtlpSpan, service: string, resource: Span["attributes"]): Span {
  const attributes = attributesOf(span.attributes);
  const duration = span.endTimeUnixNano - span.startTimeUnixNano;
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: span.parentSpanId.length === 8 ? hex(span.parentSpanId) : undefined,
    name: span.name,
    kind: KINDS[span.kind] ?? "unspecified",
    service,
    // Envoy tags its spans with its node id; others name the process in the resource.
    node: String(attributes.node_id ?? resource["service.instance.id"] ?? ""),
    startNs: span.startTimeUnixNano,
    durationNs: duration > 0n ? duration : 0n,
    error: span.status?.code === StatusCode.ERROR || String(attributes.error ?? "") === "true",
    attributes,
    events: span.events.map(({ name, timeUnixNano }) => ({ name, atNs: timeUnixNano })),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function attributesOf(pairs: readonly KeyValue[]): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {};
  for (const { key, value } of pairs) attributes[key] = plainValue(value);
  return attributes;
}

function plainValue(value: AnyValue | undefined): string | number | boolean {
  switch (value?.value.case) {
    case "stringValue":
    case "boolValue":
    case "doubleValue":
      return value.value.value;
    case "intValue":
      return Number(value.value.value);
    case "bytesValue":
      return Buffer.from(value.value.value).toString("base64");
    case "arrayValue":
      return value.value.value.values.map((item) => String(plainValue(item))).join(", ");
    case "kvlistValue":
      return JSON.stringify(attributesOf(value.value.value.values));
    default:
      return "";
  }
}
