import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

function paths(...list: string[]): CaseRequest[] {
  return list.map((path) => ({ path }));
}

export const ROUTE_ACTION_CASES: readonly ConformanceCase[] = [
  {
    title: "paths are rewritten by prefix and by regular expression",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/api/" }, route: { cluster: one, prefix_rewrite: "/v1/" } }
- { match: { path: "/exact" }, route: { cluster: one, prefix_rewrite: "/" } }
- { match: { path_separated_prefix: "/sep" }, route: { cluster: one, prefix_rewrite: "/S" } }
- { match: { prefix: "/Case", case_sensitive: false }, route: { cluster: one, prefix_rewrite: "/lower" } }
- { match: { prefix: "/svc/" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "^/svc/([^/]+)(/.*)$" }, substitution: '\\2/of/\\1' } } }
- { match: { safe_regex: { regex: "/r/.*" } }, route: { cluster: one, regex_rewrite: { pattern: { regex: "b+" }, substitution: "B" } } }`,
    }),
    requests: paths(
      "/api/x?q=1",
      "/api/",
      "/exact?a",
      "/sep/x",
      "/sep",
      "/CASE/x",
      "/svc/foo/bar?x=/svc/",
      "/svc/foo",
      "/r/abbcb?bb",
    ),
  },
  {
    title: "the host is rewritten: literal, from a header, automatically, and kept in x-forwarded-host",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/literal" }, route: { cluster: one, host_rewrite_literal: new.test } }
- { match: { prefix: "/append" }, route: { cluster: one, host_rewrite_literal: new.test, append_x_forwarded_host: true } }
- { match: { prefix: "/header" }, route: { cluster: one, host_rewrite_header: X-Host } }
- { match: { prefix: "/auto" }, route: { cluster: named, auto_host_rewrite: true, append_x_forwarded_host: true } }`,
      clusters: `
- name: named
  type: STRICT_DNS
  connect_timeout: 1s
  dns_lookup_family: V4_ONLY
  load_assignment: { cluster_name: named, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: localhost, port_value: {{upstream}} } } } }] }] }`,
    }),
    requests: [
      ...paths("/literal", "/append", "/header", "/auto"),
      { path: "/header", headers: [["x-host", "from.header"]] },
      { path: "/append", headers: [["x-forwarded-host", "a.test"]] },
    ],
  },
  {
    title: "the host is rewritten from the path",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/path" }, route: { cluster: one, host_rewrite_path_regex: { pattern: { regex: "^/path/(.+)/.*$" }, substitution: '\\1' } } }`,
    }),
    requests: paths("/path/from.path/x?y", "/path/none"),
  },
  {
    title: "redirects build their location from what is configured and the rest of the request",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/https" }, redirect: { https_redirect: true } }
- { match: { prefix: "/host" }, redirect: { host_redirect: new.test, response_code: FOUND } }
- { match: { prefix: "/path" }, redirect: { path_redirect: "/new", response_code: SEE_OTHER } }
- { match: { prefix: "/query" }, redirect: { path_redirect: "/new?a=b", response_code: TEMPORARY_REDIRECT } }
- { match: { prefix: "/strip" }, redirect: { strip_query: true, response_code: PERMANENT_REDIRECT } }
- { match: { prefix: "/port" }, redirect: { port_redirect: 8443, scheme_redirect: https } }
- { match: { prefix: "/prefix" }, redirect: { prefix_rewrite: "/p" } }
- { match: { prefix: "/regex" }, redirect: { regex_rewrite: { pattern: { regex: "/regex/(.*)" }, substitution: '/r-\\1' } } }
- match: { prefix: "/add" }
  redirect: { host_redirect: h.test }
  response_headers_to_add: [{ header: { key: x-why, value: moved } }]`,
    }),
    requests: [
      ...paths(
        "/https?x",
        "/host?x",
        "/path?x=1",
        "/query?x=1",
        "/strip?x=1",
        "/port/x",
        "/prefix/x?y",
        "/regex/a?b",
        "/add",
      ),
      { path: "/https", headers: [["host", "example.test:80"]] },
      { path: "/https", headers: [["host", "example.test:8080"]] },
      { path: "/host", headers: [["host", "example.test:8080"]] },
      { path: "/port", headers: [["host", "example.test:8080"]] },
      { path: "/https", headers: [["x-forwarded-proto", "https"]] },
      { path: "/host", method: "POST", body: "x" },
    ],
  },
  {
    title: "direct responses have a status, a body, and the route's headers",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/empty" }, direct_response: { status: 204 } }
- { match: { prefix: "/text" }, direct_response: { status: 503, body: { inline_string: "sorry\\n" } } }
- match: { prefix: "/html" }
  direct_response: { status: 200, body: { inline_string: "<p>" } }
  response_headers_to_add: [{ header: { key: content-type, value: text/html }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]`,
    }),
    requests: [
      ...paths("/empty", "/text", "/html", "/nothing"),
      { path: "/text", method: "HEAD" },
      { path: "/text", method: "POST", body: "ignored" },
    ],
  },
  {
    title: "direct responses may come from a file",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/file" }, direct_response: { status: 200, body: { filename: "{{dir}}/body.txt" } } }`,
    }),
    files: { "body.txt": "from a file\n" },
    requests: paths("/file"),
  },
  {
    title: "a virtual host that requires TLS redirects what is not https",
    yaml: httpBootstrap({
      routeConfig: `name: local
virtual_hosts:
  - { name: all, domains: [all.test], require_tls: ALL, routes: [{ match: { prefix: "/ok" }, direct_response: { status: 200 } }] }
  - { name: external, domains: [external.test], require_tls: EXTERNAL_ONLY, routes: [{ match: { prefix: "/ok" }, direct_response: { status: 200 } }] }`,
    }),
    requests: ["all.test", "external.test", "all.test:80"].flatMap((host): CaseRequest[] => [
      { path: "/ok?q", headers: [["host", host]] },
      { path: "/none", headers: [["host", host]] },
      {
        path: "/ok",
        headers: [
          ["host", host],
          ["x-forwarded-proto", "https"],
        ],
      },
      {
        path: "/ok",
        headers: [
          ["host", host],
          ["x-envoy-internal", "true"],
        ],
      },
    ]),
  },
  {
    title: "headers are added, replaced and removed at every level, the least specific last",
    yaml: httpBootstrap({
      routeConfig: `name: local
request_headers_to_add: [{ header: { key: x-level, value: table } }, { header: { key: x-set, value: table }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
request_headers_to_remove: [x-gone]
response_headers_to_add: [{ header: { key: x-level, value: table } }, { header: { key: x-set, value: table }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
response_headers_to_remove: [x-upstream-secret]
virtual_hosts:
  - name: all
    domains: ["*"]
    request_headers_to_add: [{ header: { key: x-level, value: host } }, { header: { key: x-set, value: host }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
    response_headers_to_add: [{ header: { key: x-level, value: host } }]
    routes:
      - match: { prefix: "/" }
        route: { cluster: one }
        request_headers_to_add:
          - { header: { key: x-level, value: route } }
          - { header: { key: X-Absent, value: added }, append_action: ADD_IF_ABSENT }
          - { header: { key: x-present, value: added }, append_action: ADD_IF_ABSENT }
          - { header: { key: x-only, value: overwritten }, append_action: OVERWRITE_IF_EXISTS }
          - { header: { key: x-given, value: overwritten }, append_action: OVERWRITE_IF_EXISTS }
          - { header: { key: x-empty, value: "%REQ(x-none)%" } }
          - { header: { key: x-kept-empty, value: "" }, keep_empty_value: true }
        response_headers_to_add: [{ header: { key: x-level, value: route } }, { header: { key: x-status, value: "%RESPONSE_CODE%" } }]`,
    }),
    reply: {
      headers: [
        ["x-level", "upstream"],
        ["x-upstream-secret", "s"],
        ["X-Upstream-Case", "c"],
      ],
      body: "one",
    },
    requests: [
      {
        path: "/",
        headers: [
          ["x-gone", "1"],
          ["x-present", "mine"],
          ["x-given", "mine"],
          ["x-level", "client"],
          ["x-set", "client"],
        ],
      },
    ],
  },
  {
    title: "the most specific header mutation wins where configured",
    yaml: httpBootstrap({
      routeConfig: `name: local
most_specific_header_mutations_wins: true
request_headers_to_add: [{ header: { key: x-set, value: table }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
virtual_hosts:
  - name: all
    domains: ["*"]
    request_headers_to_add: [{ header: { key: x-set, value: host }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
    routes:
      - match: { prefix: "/" }
        route: { cluster: one }
        request_headers_to_add: [{ header: { key: x-set, value: route }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]`,
    }),
    requests: [{ path: "/" }],
  },
  {
    title: "header values are formatted from the request, the connection and the response",
    yaml: httpBootstrap({
      routes: `- name: formatted
  match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add:
    - { header: { key: x-client, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" } }
    - { header: { key: x-direct, value: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%" } }
    - { header: { key: x-protocol, value: "%PROTOCOL%" } }
    - { header: { key: x-method, value: "%REQ(:METHOD)% on %REQ(:AUTHORITY)%%REQ(:PATH)%" } }
    - { header: { key: x-else, value: "%REQ(X-First?X-Second)%" } }
    - { header: { key: x-cut, value: "%REQ(X-Long):3%" } }
    - { header: { key: x-percent, value: "100%%" } }
  response_headers_to_add:
    - { header: { key: x-code, value: "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%" } }
    - { header: { key: x-route, value: "%ROUTE_NAME%" } }
    - { header: { key: x-cluster, value: "%UPSTREAM_CLUSTER%" } }
    - { header: { key: x-resp, value: "%RESP(content-length)%" } }`,
    }),
    requests: [
      {
        path: "/p?q",
        headers: [
          ["x-second", "2"],
          ["x-long", "abcdef"],
        ],
      },
    ],
  },
];
