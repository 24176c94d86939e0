import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const ROUTES = `- { match: { path: "/direct" }, direct_response: { status: 403, body: { inline_string: 'no "way"' } } }
- { match: { path: "/bare" }, direct_response: { status: 429 } }
- { match: { path: "/bad" }, direct_response: { status: 400, body: { inline_string: bad } } }
- { match: { path: "/dead" }, route: { cluster: dead } }
- { match: { path: "/nowhere" }, route: { cluster: two, timeout: 0.2s } }
- { match: { path: "/slow" }, route: { cluster: one, timeout: 0.2s } }
- { match: { path: "/reset" }, route: { cluster: one } }
- { match: { path: "/ok" }, route: { cluster: one } }
- { match: { path: "/header" }, route: { cluster_header: x-cluster } }
- { match: { path: "/moved" }, redirect: { path_redirect: "/x" } }`;

const REQUESTS: CaseRequest[] = [
  { path: "/direct" },
  { path: "/direct", method: "HEAD" },
  { path: "/direct", headers: [["content-type", "application/grpc"]] },
  { path: "/bare", headers: [["x-who", "a"]] },
  { path: "/bad" },
  { path: "/dead" },
  { path: "/slow" },
  { path: "/reset" },
  { path: "/ok" },
  { path: "/header", headers: [["x-cluster", "none"]] },
  { path: "/moved" },
  { path: "/none" },
  {
    path: "/ok",
    headers: [
      ["upgrade", "x"],
      ["connection", "upgrade"],
    ],
  },
];

const MAPPED = `local_reply_config:
  mappers:
    - filter: { status_code_filter: { comparison: { op: EQ, value: { default_value: 403, runtime_key: k } } } }
      status_code: 401
      body: { inline_string: "denied: %REQ(:PATH)%" }
      headers_to_add:
        - { header: { key: x-reason, value: "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESP(:status)%" } }
        - { header: { key: x-empty, value: "%REQ(x-none)%" } }
    - filter: { response_flag_filter: { flags: [UF, UT] } }
      body_format_override:
        json_format: { code: "%RESPONSE_CODE%", body: "%LOCAL_REPLY_BODY%", flags: "%RESPONSE_FLAGS%" }
    - filter:
        and_filter:
          filters:
            - header_filter: { header: { name: x-who, present_match: true } }
            - status_code_filter: { comparison: { op: GE, value: { default_value: 400, runtime_key: k } } }
      status_code: 200
      body: { inline_string: "" }
      headers_to_add: [{ header: { key: content-type, value: text/x } }]
  body_format:
    text_format_source: { inline_string: "<%RESPONSE_CODE% %LOCAL_REPLY_BODY% %RESPONSE_CODE_DETAILS%>\\n" }
    content_type: text/html; charset=UTF-8`;

const LISTENERS: Readonly<Record<string, ListenerParts>> = {
  main: { routes: ROUTES },
  mapped: { routes: ROUTES, hcm: MAPPED },
  json: {
    routes: ROUTES,
    hcm: `local_reply_config: { body_format: { json_format: { code: '%RESPONSE_CODE%', text: '%LOCAL_REPLY_BODY%' } } }
access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% [%LOCAL_REPLY_BODY%]")}`,
  },
  status: { routes: ROUTES, hcm: "proxy_status_config: {}" },
  status_named: {
    routes: ROUTES,
    hcm: "proxy_status_config: { literal_proxy_name: gate, remove_details: true, set_recommended_response_code: true }",
  },
  status_node: {
    routes: ROUTES,
    hcm: "proxy_status_config: { use_node_id: true, remove_response_flags: true, remove_connection_termination_details: true }",
  },
  keeps: { routes: ROUTES, hcm: "stream_error_on_invalid_http_message: true" },
};

const ADDED = `response_headers_to_add: [{ header: { key: x-added, value: "%RESPONSE_CODE% %ROUTE_NAME%" } }]`;
const HTTP = "type.googleapis.com/envoy.extensions.filters.http";
const DENY = `{ action: DENY, policies: { all: { permissions: [{ header: { name: x-deny, present_match: true } }], principals: [{ any: true }] } } }`;

export const LOCAL_REPLY_CASES: readonly ConformanceCase[] = [
  {
    title:
      "what a route adds to its cluster's responses it adds to answers in their place, whoever gives them",
    yaml: httpBootstrap({
      bootstrap:
        "layered_runtime: { layers: [{ name: base, static_layer: { upstream.maintenance_mode.two: 100 } }] }",
      hcm: `use_remote_address: true
internal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }`,
      routes: `- { name: direct, match: { path: /direct }, direct_response: { status: 200 }, ${ADDED} }
- { name: none, match: { path: /none }, route: { cluster_header: x-cluster }, ${ADDED} }
- { name: two, match: { path: /two }, route: { cluster: two }, ${ADDED} }
- { name: dead, match: { path: /dead }, route: { cluster: dead }, ${ADDED} }
- { name: one, match: { path: /one }, route: { cluster: one, timeout: 0.1s }, ${ADDED} }`,
      httpFilters: `
- { name: rbac, typed_config: { "@type": ${HTTP}.rbac.v3.RBAC, rules: ${DENY} } }
- { name: buffer, typed_config: { "@type": ${HTTP}.buffer.v3.Buffer, max_request_bytes: 4 } }
- { name: router, typed_config: { "@type": ${HTTP}.router.v3.Router, strict_check_headers: [x-envoy-upstream-rq-timeout-ms] } }`,
    }),
    ignoreUpstream: true,
    reply: () => ({ afterwards: "silent" }),
    requests: [
      ...["/direct", "/none", "/two", "/dead", "/one", "/nowhere"].map((path) => ({ path })),
      ...["/direct", "/one", "/nowhere"].map((path): CaseRequest => ({ path, headers: [["x-deny", "1"]] })),
      { path: "/one", headers: [["x-envoy-upstream-rq-timeout-ms", "soon"]] },
      { path: "/one", method: "POST", headers: [["content-length", "8"]], body: "too long" },
    ],
  },
  {
    title: "the proxy's own replies are mapped, formatted and explained",
    yaml: listenersBootstrap(LISTENERS),
    reply: (request) => {
      if (request.target === "/slow") return { afterwards: "silent" };
      return request.target === "/reset" ? { octets: 0, afterwards: "reset" } : { body: "one" };
    },
    observe: async (target) => askListeners(target, Object.keys(LISTENERS), REQUESTS),
    accessLog: { file: "access.log", lines: REQUESTS.length },
  },
  {
    title: "a request refused for its path is its route's where it says by what scheme it came",
    yaml: httpBootstrap({
      routes: `- match: { prefix: / }
  name: whole
  route: { cluster: one }
  response_headers_to_add: [{ header: { key: x-route, value: "%ROUTE_NAME%" } }]`,
      hcm: `path_with_escaped_slashes_action: REJECT_REQUEST
access_log: ${fileLog("%RESPONSE_CODE_DETAILS% %ROUTE_NAME% %UPSTREAM_CLUSTER% %REQ(x-a)%")}`,
    }),
    requests: [
      ...[[], ["http"], ["https"], [""], ["odd"]].map((scheme) => ({
        path: "/a%2Fb",
        headers: scheme.map((value): [string, string] => ["x-forwarded-proto", value]),
      })),
      {
        path: "/a%2Fb",
        headers: [
          ["connection", "x-a"],
          ["x-a", "named"],
        ],
      },
    ],
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "a request is answered as gRPC if it was gRPC when it came, whatever the route makes of it",
    yaml: httpBootstrap({
      routes: `- match: { prefix: /no-more }
  route: { cluster: dead }
  request_headers_to_add: [{ header: { key: content-type, value: text/plain }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
- match: { prefix: /appended }
  route: { cluster: dead }
  request_headers_to_add: [{ header: { key: content-type, value: more } }]
- match: { prefix: /become }
  route: { cluster: dead }
  request_headers_to_add: [{ header: { key: content-type, value: application/grpc }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]`,
    }),
    requests: [
      ...["/no-more", "/appended", "/none"].map(
        (path): CaseRequest => ({
          path,
          headers: [["content-type", "application/grpc"]],
        }),
      ),
      { path: "/become" },
      { path: "/become", headers: [["content-type", "text/plain"]] },
    ],
  },
];
