import { fromBinary } from "@bufbuild/protobuf";
import { waitFor } from "@sluice/harness";
import { ExportTraceServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const SAMPLERS = "type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3";
const DETECTORS = "type.googleapis.com/envoy.extensions.tracers.opentelemetry.resource_detectors.v3";
const ALWAYS_ON = `{ name: always, typed_config: { "@type": ${SAMPLERS}.AlwaysOnSamplerConfig } }`;
const ratio = (numerator: number, denominator: string): string =>
  `{ name: ratio, typed_config: { "@type": ${SAMPLERS}.TraceIdRatioBasedSamplerConfig, sampling_percentage: { numerator: ${numerator}, denominator: ${denominator} } } }`;
const parentBased = (root: string): string =>
  `{ name: parent, typed_config: { "@type": ${SAMPLERS}.ParentBasedSamplerConfig, wrapped_sampler: ${root} } }`;

/** Tracing whose spans go nowhere: what is decided shows in the propagated header. */
const tracing = (sampler: string, sampling: string): string => `tracing:
  random_sampling: { value: ${sampling} }
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      service_name: edge
      grpc_service: { envoy_grpc: { cluster_name: dead }, timeout: 0.25s }
      sampler: ${sampler}`;

/** Ids that differ in their first eight octets, each by a caller that samples and by one that does not. */
const PARENTS: readonly CaseRequest[] = [
  "0000000000000001",
  "0100000000000000",
  "3100000000000000",
  "3200000000000000",
  "63ffffffffffffff",
  "ffffffffffffffff",
  "a1b2c3d4e5f60718",
  "8877665544332211",
].flatMap((start) =>
  ["01", "00"].map((flags) => ({
    path: `/${start}/${flags}`,
    headers: [["traceparent", `00-${start}0123456789abcdef-0123456789abcdef-${flags}`]] as const,
  })),
);

/** What the upstream was told of each trace, without the new span's id, and of one that began here whether it is sampled. */
function samplerCase(title: string, sampler: string, sampling = "100"): ConformanceCase {
  return {
    title,
    yaml: httpBootstrap({ hcm: tracing(sampler, sampling) }),
    ignoreUpstream: true,
    observe: async (target) => {
      const seen: string[] = [];
      // A new trace's id is drawn by lot: what a ratio makes of it as well.
      const own = sampler.startsWith("{ name: ratio") ? [] : [{ path: "/new" }];
      for (const request of [...PARENTS, ...own]) {
        target.upstream.clear();
        await target.send(request);
        const told = target.upstream.requests[0]?.fields.find(([name]) => name === "traceparent")?.[1] ?? "";
        const [version, traceId, , flags] = told.split("-");
        seen.push(`${version} ${request.path === "/new" ? "<id>" : traceId} ${flags}`);
      }
      return seen;
    },
  };
}

export const TRACE_SAMPLER_CASES: readonly ConformanceCase[] = [
  samplerCase("a sampler that is always on overrules callers", ALWAYS_ON),
  samplerCase("what the connection manager does not sample no sampler brings back", ALWAYS_ON, "0"),
  samplerCase("a sampler takes every second trace by its id", ratio(50, "HUNDRED")),
  samplerCase("a sampler takes a few of a million traces by their ids", ratio(300_000, "MILLION")),
  samplerCase("a sampler follows the caller, and is always on without one", parentBased(ALWAYS_ON)),
  samplerCase(
    "a sampler follows the caller, and takes no trace of its own",
    parentBased(ratio(0, "HUNDRED")),
  ),
  {
    title: "spans go to an HTTP service, with the resource's attributes from their detectors",
    yaml: httpBootstrap({
      hcm: `tracing:
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      service_name: edge
      http_service:
        http_uri: { uri: "http://collector.test:4318/v1/traces?a=b", cluster: two, timeout: 5s }
        request_headers_to_add: [{ header: { key: X-Token, value: secret } }]
      resource_detectors:
        - { name: fixed, typed_config: { "@type": ${DETECTORS}.StaticConfigResourceDetectorConfig, attributes: { deployment.environment: test, team: edge } } }
        - { name: later, typed_config: { "@type": ${DETECTORS}.StaticConfigResourceDetectorConfig, attributes: { team: core } } }`,
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      await target.send({ path: "/traced" });
      await waitFor("spans", () => target.upstream2.requests.length > 0, {
        deadlineMs: 30_000,
        intervalMs: 50,
      });
      const [request] = target.upstream2.requests;
      const body = fromBinary(ExportTraceServiceRequestSchema, request?.body ?? Buffer.alloc(0));
      const field = (name: string) => request?.fields.find(([each]) => each.toLowerCase() === name)?.[1];
      const [resource] = body.resourceSpans;
      const attributes = (resource?.resource?.attributes ?? [])
        .filter(({ key }) => !/^telemetry\.sdk\.|^service\.instance\.id$/.test(key))
        .map(({ key, value }) => `${key}=${String(value?.value.value)}`);
      return {
        line: `${request?.method} ${request?.target}`,
        host: field("host"),
        type: field("content-type"),
        token: field("x-token"),
        attributes: attributes.sort(),
        sdk: (resource?.resource?.attributes ?? []).filter(({ key }) => key.startsWith("telemetry.sdk."))
          .length,
        scopeNamed: resource?.scopeSpans[0]?.scope?.name !== undefined,
        spans: resource?.scopeSpans[0]?.spans.map(({ name, kind }) => `${name} ${kind}`),
      };
    },
  },
];
