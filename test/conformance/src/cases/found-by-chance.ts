import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const EARLY = `early_header_mutation_extensions:
  - name: early
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
      mutations: [{ append: { header: { key: x-a, value: early }, append_action: APPEND_IF_EXISTS_OR_ADD } }]`;
const KNOWN = "%ROUTE_NAME% %METADATA(VIRTUAL_HOST:t:h)% %REQ(:scheme)% %RESPONSE_CODE_DETAILS% %PROTOCOL%";
/** A virtual host `a.test` with metadata and the route `/here`. */
const HERE = `name: local
virtual_hosts:
  - name: a
    domains: [a.test]
    metadata: { filter_metadata: { t: { h: of-a } } }
    routes: [{ name: here, match: { prefix: /here }, route: { cluster: one } }]`;

const hosts = (...names: string[]): CaseRequest[] =>
  names.map((name) => ({ path: "/here", headers: [["host", name]] }));

/** Small cases of what generated configurations (`../generated/`) have brought up. */
export const FOUND_BY_CHANCE_CASES: readonly ConformanceCase[] = [
  {
    title:
      "a redirect's formatted path is in the location alone, with the query unless it has one or is empty",
    yaml: httpBootstrap({
      routes: ["x", "", "/y?z", "/%REQ(x-none)%", "%REQ(:path)%/end", "/k"]
        .map(
          (path, i) =>
            `- { match: { path: "/${i}" }, redirect: { path_rewrite: "${path}", strip_query: ${i === 5} } }`,
        )
        .join("\n"),
      hcm: `access_log: ${fileLog("%REQ(:path)% %REQ(x-envoy-original-path)%")}`,
    }),
    requests: [0, 1, 2, 3, 4, 5].map((i) => ({ path: `/${i}?q=1` })),
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "what one level adds is made of the headers ahead of it, and overwrites come before additions",
    yaml: httpBootstrap({
      routes: `- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add:
    - { header: { key: x-a, value: first } }
    - { header: { key: x-b, value: "of %REQ(x-a)%." } }
    - { header: { key: x-c, value: one }, append_action: ADD_IF_ABSENT }
    - { header: { key: x-c, value: two }, append_action: ADD_IF_ABSENT }
    - { header: { key: x-d, value: added } }
    - { header: { key: x-d, value: over }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }
    - { header: { key: x-e, value: added } }
    - { header: { key: x-e, value: over }, append_action: OVERWRITE_IF_EXISTS }`,
    }),
    requests: [
      { path: "/" },
      {
        path: "/",
        headers: [
          ["x-a", "client"],
          ["x-c", "client"],
          ["x-d", "client"],
          ["x-e", "client"],
        ],
      },
    ],
  },
  {
    title: "an empty value joins nothing to a header of one line",
    yaml: httpBootstrap({
      routes: `- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add:
    - { header: { key: via, value: "%REQ(x-none)%" }, keep_empty_value: true }
    - { header: { key: x-many, value: "%REQ(x-none)%" }, keep_empty_value: true }
    - { header: { key: pragma, value: "%REQ(x-none)%" }, keep_empty_value: true }
    - { header: { key: pragma, value: a } }
    - { header: { key: x-other, value: "%REQ(x-none)%" }, keep_empty_value: true }
    - { header: { key: x-other, value: a } }`,
    }),
    requests: [
      {
        path: "/",
        headers: [
          ["via", "1.1 client"],
          ["x-many", "a"],
        ],
      },
      { path: "/" },
    ],
  },
  {
    title: "a normal path has what has no place in it escaped, but not the query",
    yaml: httpBootstrap({ hcm: "normalize_path: true" }),
    requests: ['"', "<", ">", "^", "`", "{", "|", "}", "[", "]", "'", "~", "!", "\\"].map((octet) => ({
      path: `/a${octet}b?c${octet}d`,
    })),
  },
  {
    title: "a port that is no number is not stripped, and the dot ahead of it goes all the same",
    yaml: httpBootstrap({
      routeConfig: HERE.replace("[a.test]", '["*"]'),
      hcm: "strip_any_host_port: true\nstrip_trailing_host_dot: true",
    }),
    requests: hosts(
      "a:",
      "a:x",
      "a.:x",
      "a.:",
      "a.:80",
      "a..:80",
      "a:99999",
      "a:-1",
      "[::1]:80",
      "[::1].",
      "a:80.",
    ),
  },
  {
    title: "a CONNECT has an empty path for a host of it, and is no gRPC request",
    yaml: httpBootstrap({
      routes: `- match: { connect_matcher: {}, headers: [{ name: x-a }] }
  route:
    cluster: one
    host_rewrite_path_regex: { pattern: { regex: ".*" }, substitution: other.test }
    upgrade_configs: [{ upgrade_type: CONNECT }]
- { match: { prefix: "/", grpc: {} }, direct_response: { status: 418 } }`,
      hcm: `upgrade_configs: [{ upgrade_type: CONNECT }]
access_log: ${fileLog("%REQ(:authority)% %RESPONSE_CODE% %GRPC_STATUS% %RESPONSE_CODE_DETAILS%")}`,
    }),
    requests: [
      { method: "CONNECT", path: "a.test:80", headers: [["content-type", "application/grpc"]] },
      {
        method: "CONNECT",
        path: "a.test:80",
        headers: [
          ["host", "a.test:80"],
          ["x-a", "1"],
        ],
      },
    ],
    reply: { status: 403, body: "no" },
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "a virtual host is known where it has no route for a request, and what is refused has no route",
    yaml: httpBootstrap({
      routeConfig: HERE,
      hcm: `path_with_escaped_slashes_action: REJECT_REQUEST\naccess_log: ${fileLog(KNOWN)}`,
    }),
    requests: [
      ...hosts("a.test"),
      { path: "/other", headers: [["host", "a.test"]] },
      { path: "/here%2F", headers: [["host", "a.test"]] },
      {
        path: "/here%2F",
        headers: [
          ["host", "a.test"],
          ["x-forwarded-proto", "http"],
        ],
      },
      {
        path: "/here",
        headers: [
          ["host", "a.test"],
          ["x-forwarded-proto", ""],
        ],
      },
      ...hosts("b.test"),
    ],
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "what the connection header names is gone when early header mutation adds it anew",
    yaml: httpBootstrap({ hcm: EARLY }),
    requests: [
      {
        path: "/",
        headers: [
          ["x-a", "client"],
          ["connection", "x-a"],
        ],
      },
    ],
  },
  {
    title: "proxy-status tells nothing of what was no request, and its answer is of HTTP/1.1",
    yaml: httpBootstrap({
      hcm: `proxy_status_config: { literal_proxy_name: us }
http_protocol_options: { accept_http_10: true }
access_log: ${fileLog("%PROTOCOL% %RESPONSE_CODE_DETAILS%")}`,
    }),
    async observe({ connect }) {
      const seen: unknown[] = [];
      for (const head of ["GET nothing HTTP/1.0", "GET nothing HTTP/1.1", "GET /\u00e9 HTTP/1.1"]) {
        const connection = await connect();
        connection.write(`${head}\r\nhost: a.test\r\n\r\n`);
        const { version, status, header } = await connection.response();
        seen.push([version, status, header("proxy-status") ?? null]);
        connection.destroy();
      }
      return seen;
    },
    accessLog: { file: "access.log", lines: 3 },
  },
];
