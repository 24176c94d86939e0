import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, listenersBootstrap } from "../many-listeners.ts";

/** Operators whose values are the same in two runs; `?` stands for what is only there or not. */
const OPERATORS = [
  "REQ(:METHOD)",
  "REQ(X-NONE?:PATH):6",
  "REQ(:AUTHORITY)",
  "REQ(USER-AGENT)",
  "REQ(x-twice)",
  "RESP(x-up)",
  "RESP(:status)",
  "RESP(x-none?server)",
  "TRAILER(x-none)",
  "PATH",
  "PATH(NQ)",
  "PATH(WQ:ORIG)",
  "PATH(NQ:PATH)",
  "QUERY_PARAM(a)",
  "QUERY_PARAM(b):2",
  "QUERY_PARAM(none)",
  "QUERY_PARAMS",
  "LISTENER_NAME",
  "BYTES_RETRANSMITTED",
  "METADATA(UPSTREAM_HOST:none)",
  "UPSTREAM_METADATA(none:x)",
  "PROTOCOL",
  "RESPONSE_CODE",
  "RESPONSE_CODE_DETAILS",
  "CONNECTION_TERMINATION_DETAILS",
  "RESPONSE_FLAGS",
  "RESPONSE_FLAGS_LONG",
  "CUSTOM_FLAGS",
  "BYTES_RECEIVED",
  "BYTES_SENT",
  "UPSTREAM_CLUSTER",
  "UPSTREAM_CLUSTER_RAW",
  "UPSTREAM_PROTOCOL",
  "UPSTREAM_HOST_NAME_WITHOUT_PORT",
  "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
  "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
  "UPSTREAM_TRANSPORT_FAILURE_REASON",
  "UPSTREAM_REQUEST_ATTEMPT_COUNT",
  "UPSTREAM_TLS_VERSION",
  "UPSTREAM_PEER_SUBJECT",
  "UPSTREAM_LOCAL_URI_SAN",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID",
  "DOWNSTREAM_TLS_VERSION",
  "DOWNSTREAM_TLS_CIPHER",
  "DOWNSTREAM_TLS_SESSION_ID",
  "DOWNSTREAM_PEER_SUBJECT",
  "DOWNSTREAM_PEER_CERT_V_START",
  "DOWNSTREAM_PEER_CERT_V_END(%Y)",
  "DOWNSTREAM_LOCAL_DNS_SAN",
  "REQUESTED_SERVER_NAME",
  "ROUTE_NAME",
  "VIRTUAL_CLUSTER_NAME",
  "ACCESS_LOG_TYPE",
  "LOCAL_REPLY_BODY",
  "GRPC_STATUS",
  "GRPC_STATUS(SNAKE_STRING)",
  "GRPC_STATUS(NUMBER)",
  "GRPC_STATUS_NUMBER",
  "REQUEST_HEADERS_BYTES",
  "RESPONSE_TRAILERS_BYTES",
  "TRACE_ID",
  "SPAN_ID",
  "STREAM_ID",
  "ROUNDTRIP_DURATION",
  "DYNAMIC_METADATA(none)",
  "DYNAMIC_METADATA(none:a)",
  "METADATA(ROUTE:my.ns)",
  "METADATA(ROUTE:my.ns:text)",
  "METADATA(ROUTE:my.ns:deep:number)",
  "METADATA(ROUTE:my.ns:list)",
  "METADATA(DYNAMIC:none)",
  "FILTER_STATE(none)",
  "FILTER_STATE(none:PLAIN)",
  "ENVIRONMENT(SLUICE_NO_SUCH_VARIABLE)",
  "ENVIRONMENT(LANG_NOT):3",
  "HOSTNAME",
  "START_TIME(%Y-x%%)",
  "START_TIME_LOCAL(%j)",
  "EMIT_TIME(%Y)",
  "START_TIME()",
  "START_TIME(%a %A %b %B %C %d %e %D %F %G %g %h %j %m %u %U %V %w %W %x %y %Y %z %Z %p)",
  "START_TIME(%EC %Ex %Ey %EY %Ez %E*z %Ed %E4Y %ET %Of %Od %OB %Oj %OX)",
  "START_TIME(%Q %i %K %L %o %v %J %N %% %:z %::z %:::z %:Z %t)",
  "START_TIME(%^a %#A %#Z %#p %^B %-d %_d %0e %10d %5Y %-j %_5m %10f %-5f %0f %12B %010B %3)",
  "START_TIME(no conversion at all)",
  "QUERY_PARAM(d)",
  "QUERY_PARAM(e)",
  "QUERY_PARAM(%65)",
  "QUERY_PARAMS():5",
  "QUERY_PARAMS(DECODED)",
  "QUERY_PARAMS(DECODED):3",
  "PATH:0",
  "PATH(NQ:PATH:z)",
  "REQUEST_HEADER(:METHOD)",
  "RESPONSE_HEADER(x-up)",
  "RESPONSE_TRAILER(x-none)",
  "REQUESTED_SERVER_NAME(SNI_FIRST)",
  "REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)",
  "REQUESTED_SERVER_NAME(HOST_FIRST:HOST)",
  "REQUESTED_SERVER_NAME(:HOST)",
  "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(9)",
  "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT(40)",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(-1)",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT( +7)",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(1.5)",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(99999999999)",
  "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(16)",
  "UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(0)",
  "UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID",
  "METADATA(ROUTE:my.ns:text):0",
  "METADATA(ROUTE:my.ns:deep):3",
  "METADATA(ROUTE:my.ns:deep:number):0",
  "METADATA(ROUTE)",
] as const;

const json = OPERATORS.map((operator) => `"${operator}": "%${operator}%"`).join(", ");
const text = OPERATORS.map((operator) => `${operator.replaceAll("%", "%%")}=%${operator}%`).join(" | ");

const LOG = (name: string, format: string): string => `
  - name: envoy.access_loggers.file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: { ${format} }
    filter: { header_filter: { header: { name: x-format, string_match: { exact: ${name} } } } }`;

const ROUTES = `- { name: rewritten, match: { path: "/ok" }, route: { cluster: one, prefix_rewrite: "/new" }, metadata: { filter_metadata: { my.ns: { text: t, deep: { number: 5 }, list: [1, a] } } } }
- { name: dead, match: { path: "/dead" }, route: { cluster: dead } }
- { match: { path: "/direct" }, direct_response: { status: 201, body: { inline_string: hello } } }
- { match: { path: "/moved" }, redirect: { path_redirect: "/x" } }
- { match: { path: "/reset" }, route: { cluster: one } }
- { match: { path: "/grpc" }, route: { cluster: one } }`;

const FORMATS = ["json", "omit", "text", "omit-text", "others"];

const REQUESTS: CaseRequest[] = FORMATS.flatMap((format) =>
  [
    {
      path: "/ok?a=1&b=long&c&d=%20%zz&%65=%41%2f%3C%3e%7e%7F%e4+&f=%",
      headers: [
        ["user-agent", "ua"],
        ["x-forwarded-for", "1.2.3.4"],
        ["x-request-id", "given"],
        ["x-twice", "1"],
        ["x-twice", "2"],
      ] as [string, string][],
    },
    {
      path: "/dead",
      method: "POST",
      body: "12345",
      headers: [["x-request-id", "given"]] as [string, string][],
    },
    { path: "/direct?q", headers: [["x-request-id", "given"]] as [string, string][] },
    { path: "/moved", headers: [["x-request-id", "given"]] as [string, string][] },
    { path: "/reset", headers: [["x-request-id", "given"]] as [string, string][] },
    { path: "/none", headers: [["x-request-id", "given"]] as [string, string][] },
    {
      path: "/grpc",
      method: "POST",
      headers: [
        ["content-type", "application/grpc"],
        ["x-request-id", "given"],
      ] as [string, string][],
    },
  ].map((request) => ({
    ...request,
    headers: [["x-format", format], ...request.headers] as [string, string][],
  })),
);

const CONFIGURED_METADATA =
  "%METADATA(CLUSTER:ns:of)% %CLUSTER_METADATA(ns:deep)% %METADATA(VIRTUAL_HOST:ns:of)% %METADATA(LISTENER:ns)% %METADATA(LISTENER_FILTER_CHAIN:ns:of)% %METADATA(LISTENER:none)% %FILTER_CHAIN_NAME% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT%";

const WITHOUT_QUERY = `formatters: [{ name: q, typed_config: { "@type": type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery } }]`;

export const LOG_OPERATOR_CASES: readonly ConformanceCase[] = [
  {
    title: "every operator that can be compared, as JSON and as text",
    yaml: listenersBootstrap({
      main: {
        routes: ROUTES,
        hcm: `access_log:${LOG("json", `json_format: { ${json} }`)}${LOG("omit", `omit_empty_values: true, json_format: { ${json} }`)}${LOG(
          "text",
          `text_format_source: { inline_string: "${text}\\n" }`,
        )}${LOG("omit-text", `omit_empty_values: true, text_format_source: { inline_string: "${text}\\n" }`)}${LOG(
          "others",
          `json_format: { path: "%REQ_WITHOUT_QUERY(:PATH)%", cut: "%REQ_WITHOUT_QUERY(X-NONE?:PATH):4%", mixed: "a%RESPONSE_CODE%b%REQ(x-none)%", list: ["%PROTOCOL%", 5, { x: "%RESPONSE_CODE%" }], first: '%COALESCE({"operators": ["REQUESTED_SERVER_NAME", {"command": "REQ", "param": "X-NONE"}, {"command": "REQ", "param": ":PATH", "max_length": 4}]})%', nothing: '%COALESCE({"operators": ["REQUESTED_SERVER_NAME"]})%', cut_type: '%COALESCE({"operators": ["RESPONSE_CODE"]}):1%', cut_text: 'x%COALESCE({"operators": ["RESPONSE_CODE"]}):1%', empty_text: '%COALESCE({"operators": ["LOCAL_REPLY_BODY", "RESPONSE_CODE"]})%', fixed: true, number: 1.5, none: null, empty: "", umlaut: "ä€", percent: "100%%" }, ${WITHOUT_QUERY}`,
        )}`,
      },
    }),
    reply: (request) => {
      if (request.target === "/reset") return { octets: 0, afterwards: "reset" };
      if (request.target === "/grpc")
        return {
          headers: [
            ["content-type", "application/grpc"],
            ["grpc-status", "5"],
          ],
        };
      return { headers: [["x-up", "yes"]], body: "one" };
    },
    observe: async (target) => askListeners(target, ["main"], REQUESTS),
    accessLog: { file: "access.log", lines: REQUESTS.length },
  },
  {
    title:
      "metadata of the cluster, the virtual host, the listener and its chain, for a client behind another proxy",
    yaml: httpBootstrap({
      listener: "metadata: { filter_metadata: { ns: { of: listener } } }",
      clusters: staticCluster(
        "told",
        ["{{upstream}}"],
        "metadata: { filter_metadata: { ns: { of: cluster, deep: { n: 1 } } } }",
      ),
      virtualHost: `metadata: { filter_metadata: { ns: { of: host } } }`,
      routes: `- { match: { prefix: /direct }, direct_response: { status: 204 } }
- { match: { prefix: / }, route: { cluster: told } }`,
      hcm: `access_log: ${fileLog(CONFIGURED_METADATA)}`,
    }).replace(
      "        - filters:",
      `        - name: first
          metadata: { filter_metadata: { ns: { of: chain } } }
          filters:`,
    ),
    requests: [
      { path: "/", headers: [["x-forwarded-for", "1.2.3.4"]] },
      { path: "/direct", headers: [["x-forwarded-for", "1.2.3.4"]] },
    ],
    accessLog: { file: "access.log", lines: 2 },
  },
];
