import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

/** One access log of the connection manager; `filter` chooses, `format` writes. */
function logging(format: string, filter = ""): string {
  return `access_log:
  - name: envoy.access_loggers.file
${filter === "" ? "" : `    filter: ${filter}\n`}    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: ${format}`;
}

const PATH_ONLY = `{ text_format_source: { inline_string: "%REQ(:PATH)%\\n" } }`;
/** Request ids whose first eight digits are 0, 49, 50 and 99 of a hundred. */
const IDS = ["00000000", "00000031", "00000032", "00000063"].map(
  (start) => `${start}-89ab-4def-8123-456789abcdef`,
);

export const LOG_CHOICE_CASES: readonly ConformanceCase[] = [
  {
    title: "a runtime filter chooses by the request id",
    yaml: httpBootstrap({
      hcm: `preserve_external_request_id: true
${logging(PATH_ONLY, `{ runtime_filter: { runtime_key: log.some, percent_sampled: { numerator: 50 } } }`)}`,
    }),
    requests: IDS.map((id, index) => ({ path: `/${index}`, headers: [["x-request-id", id]] })),
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "a runtime filter asks the runtime and a finer denominator",
    yaml: httpBootstrap({
      hcm: `preserve_external_request_id: true
${logging(PATH_ONLY, `{ runtime_filter: { runtime_key: log.some, percent_sampled: { numerator: 1, denominator: TEN_THOUSAND } } }`)}`,
      bootstrap: `layered_runtime: { layers: [{ name: fixed, static_layer: { log.some: 50 } }] }`,
    }),
    requests: IDS.map((id, index) => ({ path: `/${index}`, headers: [["x-request-id", id]] })),
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "a filter by gRPC status reads that of any response, and else what the HTTP status stands for",
    yaml: httpBootstrap({
      hcm: logging(PATH_ONLY, "{ grpc_status_filter: { statuses: [NOT_FOUND, UNIMPLEMENTED] } }"),
    }),
    reply: ({ target }) => ({
      status: target === "/absent" ? 404 : 200,
      headers: target === "/grpc" ? [["grpc-status", "5"]] : [],
    }),
    requests: [{ path: "/grpc" }, { path: "/plain" }, { path: "/absent" }],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "JSON lines with sorted properties, nested, with and without empty values",
    yaml: httpBootstrap({
      hcm: `access_log:
${[true, false]
  .map(
    (omit) => `  - name: envoy.access_loggers.file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format:
        omit_empty_values: ${omit}
        content_type: application/x-not-of-a-log
        json_format_options: { sort_properties: true }
        json_format: { zeta: "%REQ(:METHOD)%", alpha: { y: "%RESPONSE_CODE%", b: "%REQ(X-NONE)%", a: ["%PROTOCOL%", "%REQ(X-NONE)%"] }, mid: "a %REQ(X-NONE)% b", ten: 10, ok: true }`,
  )
  .join("\n")}`,
    }),
    requests: [{ path: "/" }],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "a local reply in JSON with sorted properties, and a direct response with a formatted body",
    yaml: httpBootstrap({
      routes: `- { match: { path: "/dead" }, route: { cluster: dead } }
- match: { path: "/direct" }
  direct_response:
    status: 418
    body_format: { json_format: { b: "%RESPONSE_CODE%", a: "%REQ(:PATH)%" }, json_format_options: { sort_properties: true } }`,
      hcm: `local_reply_config:
  body_format:
    content_type: application/problem+json
    json_format_options: { sort_properties: true }
    json_format: { status: "%RESPONSE_CODE%", detail: "%LOCAL_REPLY_BODY%", about: "%REQ(:PATH)%" }`,
    }),
    requests: [{ path: "/dead" }, { path: "/direct" }, { path: "/none" }],
  },
  {
    title: "a name of the hosts file is found without search domains",
    yaml: httpBootstrap({
      routes: `- { match: { path: "/typed" }, route: { cluster: typed } }`,
      clusters: dnsCluster(
        "typed",
        `typed_dns_resolver_config: { name: cares, typed_config: { "@type": type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig, dns_resolver_options: { no_default_search_domain: true } } }`,
      ),
    }),
    requests: [{ path: "/typed" }],
    stats: ["cluster.typed.membership_total"],
  },
];

function dnsCluster(name: string, more: string): string {
  return staticCluster(name, ["{{upstream}}"], `dns_lookup_family: V4_ONLY\n${more}`)
    .replace("type: STATIC", "type: STRICT_DNS")
    .replace("address: 127.0.0.1", "address: localhost");
}
