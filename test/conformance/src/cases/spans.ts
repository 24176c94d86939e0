import { fromBinary } from "@bufbuild/protobuf";
import { type RecordedRequest, waitFor } from "@sluice/harness";
import { ExportTraceServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { Span } from "@sluice/xds/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";

const FILTERS = "type.googleapis.com/envoy.extensions.filters.http";
const COPIED = "request_mirror_policies: [{ cluster: two";
const AGAIN = "retry_policy: { retry_on: 5xx, num_retries: 1, retry_back_off: { base_interval: 0.001s } }";

const TRACING = `tracing:
  spawn_upstream_span: true
  max_path_tag_length: 10
  operation: "%REQ(:PATH)%"
  upstream_operation: "to %REQ(:PATH)%"
  custom_tags: [{ tag: mine, request_header: { name: x-mine, default_value: none } }]
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      service_name: edge
      http_service: { http_uri: { uri: "http://collector.test/v1/traces", cluster: collector, timeout: 5s } }`;

const UNSAMPLED = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00";
const grpc = (path: string): CaseRequest => ({
  method: "POST",
  path,
  headers: [
    ["content-type", "application/grpc"],
    ["grpc-timeout", "5S"],
  ],
});

/** With the number of spans that each has. */
const REQUESTS: readonly (readonly [spans: number, request: CaseRequest])[] = [
  [
    2,
    {
      path: "/plain/and/long",
      headers: [
        ["x-client-trace-id", "theirs"],
        ["x-mine", "own"],
        ["user-agent", "case"],
      ],
    },
  ],
  [3, { path: "/again" }],
  [3, { path: "/again/bare" }],
  [2, { path: "/dead" }],
  [1, { path: "/none" }],
  [1, { path: "/direct" }],
  ...[0, 5, 8, 13].map((code) => [2, grpc(`/grpc/${code}`)] as const),
  [0, { path: "/check" }],
  [3, { path: "/copied" }],
  [2, { path: "/apart" }],
  [1, { path: "/alone", headers: [["traceparent", UNSAMPLED]] }],
  [3, { path: "/lost" }],
];
const SPANS = REQUESTS.reduce((sum, [spans]) => sum + spans, 0);
const COPIES = 3;

const isExport = ({ target }: RecordedRequest): boolean => target.startsWith("/v1/traces");
const hex = (id: Uint8Array): string => Buffer.from(id).toString("hex");

function exported({ upstream2 }: Target): Span[] {
  return upstream2.requests
    .filter(isExport)
    .flatMap(({ body }) => fromBinary(ExportTraceServiceRequestSchema, body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** Every span with its tags, and whose span each upstream was told of. */
async function observe(target: Target): Promise<unknown> {
  for (const [, request] of REQUESTS) await target.send(request);
  const copies = (): RecordedRequest[] => target.upstream2.requests.filter((request) => !isExport(request));
  const settled = waitFor("spans", () => exported(target).length >= SPANS && copies().length >= COPIES, {
    deadlineMs: 10_000,
    intervalMs: 50,
  });
  // What is missing is for the comparison to tell.
  await settled.catch(() => {});
  const spans = exported(target);
  const names = new Map(spans.map((span) => [hex(span.spanId), span.name]));
  const of = (id: string): string => names.get(id) ?? (id === "" ? "" : "?");
  const told = [...target.upstream.requests, ...copies()].map((request) => {
    const [, , id = "", flags] = (request.header("traceparent") ?? "").split("-");
    return `${request.target} ${request.header("host")} ${of(id)} ${flags}`;
  });
  const seen = spans.map((span) => ({
    name: span.name,
    kind: span.kind,
    status: span.status?.code,
    parent: of(hex(span.parentSpanId)),
    tags: span.attributes
      .map(({ key, value }) => `${key}=${String(value?.value.value)}`)
      .map((tag) =>
        tag.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:<port>").replace(/[\da-f]{8}-[\da-f-]{27}/, "<uuid>"),
      )
      .sort(),
  }));
  return { told: told.sort(), spans: seen.map((span) => JSON.stringify(span)).sort() };
}

export const SPAN_CASES: readonly ConformanceCase[] = [
  {
    title: "spans of requests, of their tries and of their copies",
    yaml: httpBootstrap({
      hcm: TRACING,
      httpFilters: `- name: check
  typed_config: { "@type": ${FILTERS}.health_check.v3.HealthCheck, pass_through_mode: true, headers: [{ name: ":path", string_match: { exact: /check } }] }
- { name: router, typed_config: { "@type": ${FILTERS}.router.v3.Router } }`,
      routes: `- { match: { prefix: "/again" }, route: { cluster: one, ${AGAIN} } }
- { match: { prefix: "/dead" }, route: { cluster: dead } }
- { match: { prefix: "/none" }, route: { cluster_header: x-none } }
- { match: { prefix: "/direct" }, direct_response: { status: 404 } }
- { match: { prefix: "/copied" }, route: { cluster: one, ${COPIED} }] } }
- { match: { prefix: "/apart" }, route: { cluster: one, ${COPIED}, trace_sampled: false }] } }
- { match: { prefix: "/alone" }, route: { cluster: one, ${COPIED}, trace_sampled: true }] } }
- { match: { prefix: "/lost" }, route: { cluster: one, request_mirror_policies: [{ cluster: dead }] } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
      clusters: staticCluster("collector", ["{{upstream2}}"]),
      bootstrap:
        "layered_runtime: { layers: [{ name: static, static_layer: { tracing.opentelemetry.min_flush_spans: 1, tracing.opentelemetry.flush_interval_ms: 100 } }] }",
    }),
    reply: ({ target }) => {
      if (target.startsWith("/again")) return { status: 500, body: target.endsWith("bare") ? "" : "bad" };
      if (!target.startsWith("/grpc")) return { body: "one" };
      const headers: [string, string][] = [
        ["content-type", "application/grpc"],
        ["grpc-status", target.slice("/grpc/".length)],
        ["grpc-message", "said"],
      ];
      return { headers, body: "" };
    },
    ignoreUpstream: true,
    observe,
  },
];
