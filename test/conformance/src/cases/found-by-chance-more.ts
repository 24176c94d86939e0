import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const PROXY_STATUS = "proxy_status_config: { literal_proxy_name: us }";
const FLAGS = `local_reply_config: { body_format: { text_format_source: { inline_string: "%RESPONSE_FLAGS% %LOCAL_REPLY_BODY%" } } }
${PROXY_STATUS}
access_log: ${fileLog("%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%")}`;

const filter = (name: string, message: string, fields: string): string => `- name: envoy.filters.http.${name}
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.${name}.v3.${message}
${fields.replaceAll(/^/gm, "    ")}
`;
const ROUTER = filter("router", "Router", "");

/** Behind `x-envoy-`; the last two are not of one line. */
const OWN =
  `attempt-count decorator-operation downstream-service-cluster downstream-service-node expected-rq-timeout-ms external-address
force-trace hedge-on-per-try-timeout internal ip-tags is-timeout-retry max-retries original-host original-path original-url
retriable-header-names retriable-status-codes retry-grpc-on retry-on upstream-alt-stat-name upstream-rq-per-try-timeout-ms
upstream-rq-timeout-alt-response upstream-rq-timeout-ms upstream-stream-duration-ms fault-abort-grpc-request other`.split(
    /\s+/,
  );
/** In place of a path. */
const TARGETS =
  `%2f % a a/b ?x #x ; x: x:y http: http:/ http:// http:/// http://?x http://a.test#x http://a.test/?x
https://a.test ftp://a.test/ ftp:// //a.test/ * ** a.test:80 http://a.test:99999/ http://a.test:x/ http://u@a.test/ http://@a.test/
http://u@v@a.test/ http://u@@a.test/ http://a!b/ http://a.test:/ /a#b /# 1 - + . ! ~ _ @ & = ( ' " \\ | { < HTTP://A.test/ hTTp://a.test
x://a 1://a a.b://c /% /%zz http://[::1]/ http://[::1]:80 http://[::1 http://a.test\\b http://a.test|b`.split(
    /\s+/,
  );

/** What is answered to each of these, on a connection of its own. */
async function answersTo(messages: readonly string[], { connect }: Target): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const message of messages) {
    const connection = await connect();
    connection.write(Buffer.from(message, "latin1"));
    const { version, status, text, header } = await connection.response();
    seen.push([version, status, text, header("proxy-status") ?? null]);
    connection.destroy();
  }
  return seen;
}

/** More of the small cases of `found-by-chance.ts`. */
export const MORE_FOUND_BY_CHANCE_CASES: readonly ConformanceCase[] = [
  {
    title: "a content type that a route adds gives way to that of a local reply's format",
    yaml: httpBootstrap({
      routes: `- match: { prefix: /dead }
  route: { cluster: dead }
  response_headers_to_add: [{ header: { key: content-type, value: text/route } }]
- match: { prefix: /direct }
  direct_response: { status: 404, body: { inline_string: direct } }
  response_headers_to_add: [{ header: { key: content-type, value: text/route } }]
- match: { prefix: /typed }
  direct_response:
    status: 404
    body: { inline_string: typed }
    body_format: { text_format_source: { inline_string: typed }, content_type: text/format }
  response_headers_to_add: [{ header: { key: content-type, value: text/route } }]`,
      hcm: `local_reply_config:
  mappers:
    - filter: { header_filter: { header: { name: x-mapped, string_match: { exact: "1" } } } }
      headers_to_add: [{ header: { key: content-type, value: text/mapped }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]
  body_format: { text_format_source: { inline_string: "[%LOCAL_REPLY_BODY%]" }, content_type: text/local }`,
    }),
    requests: ["/dead", "/direct", "/typed"].flatMap((path) => [
      { path },
      { path, headers: [["x-mapped", "1"]] },
    ]),
  },
  {
    title: "a local rate limit's flag and that of a broken message are not known where their answer is made",
    yaml: httpBootstrap({
      httpFilters: `${filter(
        "local_ratelimit",
        "LocalRateLimit",
        `stat_prefix: l
token_bucket: { max_tokens: 2, tokens_per_fill: 1, fill_interval: 3600s }
filter_enabled: { default_value: { numerator: 100 } }
filter_enforced: { default_value: { numerator: 100 } }`,
      )}${ROUTER}`,
      hcm: FLAGS,
    }),
    observe: (target) =>
      answersTo(
        [
          "GET /\x01 HTTP/1.1\r\nhost: a.test\r\n\r\n",
          "POST / HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\nnothing\r\n\r\n",
          "GET / HTTP/1.1\r\nhost: a.test\r\n\r\n",
          "GET / HTTP/1.1\r\nhost: a.test\r\n\r\n",
        ],
        target,
      ),
    accessLog: { file: "access.log", lines: 4 },
    ignoreUpstream: true,
  },
  {
    title: "proxy-status tells of injected faults",
    yaml: httpBootstrap({
      httpFilters: `${filter("fault", "HTTPFault", "abort: { header_abort: {}, percentage: { numerator: 100 } }")}${ROUTER}`,
      hcm: `proxy_status_config: { literal_proxy_name: us, set_recommended_response_code: true }`,
    }),
    requests: ["200", "418", "503"].map((status) => ({
      path: "/",
      headers: [["x-envoy-fault-abort-request", status]],
    })),
  },
  {
    title: "second lines of Envoy's own headers join the first, of those that it keeps in one",
    yaml: httpBootstrap({
      routes: `- match: { prefix: /own }
  direct_response:
    status: 200
    body_format: { text_format_source: { inline_string: "${OWN.map((name) => `%REQ(x-envoy-${name})%`).join(" ")}" } }
- { match: { prefix: / }, route: { cluster: one } }`,
      hcm: "internal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }",
    }),
    requests: [
      {
        path: "/own",
        headers: [
          ["x-forwarded-for", "10.0.0.1"],
          ...OWN.map((name): [string, string] => [`x-envoy-${name}`, "7"]),
          ...OWN.map((name): [string, string] => [`x-envoy-${name}`, "8"]),
        ],
      },
      { path: "/" },
    ],
    reply: {
      status: 200,
      body: "one",
      headers: ["attempt-count", "decorator-operation", "ratelimited", "upstream-canary", "other"].flatMap(
        (name): [string, string][] => [
          [`x-envoy-${name}`, "7"],
          [`x-envoy-${name}`, "8"],
        ],
      ),
    },
  },
  {
    title: "an x-forwarded-proto that is empty, twice there or neither http nor https",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(x-forwarded-proto)% %REQ(:scheme)% %RESPONSE_CODE_DETAILS%")}`,
    }),
    requests: [[""], ["", ""], ["", "https"], ["https", ""], ["http", "https"], ["ftp"], ["HTTPS"]].map(
      (values) => ({
        path: "/",
        headers: values.map((value) => ["x-forwarded-proto", value]),
      }),
    ),
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "targets that are no path are refused by their octets, then by what they say",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(:path)% %REQ(:authority)% %RESPONSE_CODE_DETAILS%")}`,
    }),
    observe: (target) =>
      answersTo(
        [
          ...TARGETS.map((one) => `GET ${one} HTTP/1.1\r\nhost: b.test\r\n\r\n`),
          ...["*", "a", "*a", "*?q"].map((one) => `OPTIONS ${one} HTTP/1.1\r\nhost: b.test\r\n\r\n`),
          ...["/a", "*", "a", "a:", "a:80/x", "a:80#", "u@a:80", ":80"].map(
            (one) => `CONNECT ${one} HTTP/1.1\r\nhost: b.test\r\n\r\n`,
          ),
        ],
        target,
      ),
    accessLog: { file: "access.log", lines: TARGETS.length + 12 },
  },
  {
    title: "a CONNECT has its stripped port back ahead of its upstream",
    yaml: httpBootstrap({
      routes: `- match: { connect_matcher: {} }
  route: { cluster: one, upgrade_configs: [{ upgrade_type: CONNECT }] }
  request_headers_to_add: [{ header: { key: x-was, value: "%REQ(:authority)%" } }]`,
      hcm: `strip_any_host_port: true
upgrade_configs: [{ upgrade_type: CONNECT }]
access_log: ${fileLog("%REQ(:authority)% %RESPONSE_CODE_DETAILS%")}`,
    }),
    requests: [
      "a.test:80",
      "a.test:443",
      "a.test:1",
      "a.test:99999",
      "a.test:0",
      "[::1]:80",
      "a.test:65535",
      "a.test:65536",
      "a.test:080",
    ].map((path) => ({
      method: "CONNECT",
      path,
    })),
    reply: { status: 403, body: "no" },
    accessLog: { file: "access.log", lines: 9 },
  },
  {
    title: "early header mutation has neither route nor virtual host",
    yaml: httpBootstrap({
      routeConfig: `name: local
virtual_hosts:
  - name: a
    domains: ["*"]
    metadata: { filter_metadata: { t: { h: of-a } } }
    routes: [{ name: here, match: { prefix: / }, route: { cluster: one }, metadata: { filter_metadata: { t: { r: of-r } } } }]`,
      hcm: `early_header_mutation_extensions:
  - name: early
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
      mutations:
        - append: { header: { key: x-r, value: "r %METADATA(ROUTE:t:r)%" } }
        - append: { header: { key: x-h, value: "h %METADATA(VIRTUAL_HOST:t:h)%" } }
        - append: { header: { key: x-n, value: "n %ROUTE_NAME%" } }
        - append: { header: { key: x-c, value: "c %METADATA(CLUSTER:t:h)%" } }
        - append: { header: { key: x-k, value: "c %UPSTREAM_CLUSTER%" } }`,
    }),
    requests: [{ path: "/" }],
  },
  {
    title: "octets of local replies are counted, not characters",
    yaml: httpBootstrap({
      routes: `- match: { prefix: / }
  direct_response: { status: 200, body: { inline_string: "é€" } }`,
      hcm: `local_reply_config: { body_format: { text_format_source: { inline_string: "ä%LOCAL_REPLY_BODY%%REQ(:path)%%REQ(x-a)%" } } }
access_log: ${fileLog("%BYTES_SENT% %RESPONSE_CODE_DETAILS%")}`,
    }),
    requests: [{ path: "/" }, { path: "/", headers: [["x-a", "\u00e9"]] }],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "targets that are no path, where absolute ones are not taken",
    yaml: httpBootstrap({
      hcm: `http_protocol_options: { allow_absolute_url: false }
access_log: ${fileLog("%REQ(:path)% %REQ(:authority)% %RESPONSE_CODE_DETAILS%")}`,
    }),
    observe: (target) =>
      answersTo(
        [
          "%2f",
          "a",
          "http://a.test/",
          "http://",
          "ftp://a",
          "http://a#b",
          "*",
          "*a",
          "*?q",
          "https://a.test/",
        ].flatMap((one) =>
          ["GET", "OPTIONS"].map((method) => `${method} ${one} HTTP/1.1\r\nhost: b.test\r\n\r\n`),
        ),
        target,
      ),
    accessLog: { file: "access.log", lines: 20 },
  },
  {
    title: "regular expressions of a matcher tree and a path without its parameters",
    yaml: httpBootstrap({
      routeConfig: `name: local
ignore_path_parameters_in_path_matching: true
virtual_hosts:
  - name: a
    domains: [a.test]
    routes:
      - { match: { safe_regex: { regex: "^/a$" } }, direct_response: { status: 201 } }
      - { match: { safe_regex: { regex: "/b" } }, direct_response: { status: 202 } }
  - name: b
    domains: [b.test]
    matcher:
      matcher_tree:
        input: { name: header, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-a } }
        exact_match_map:
          map:
            a:
              action:
                name: route
                typed_config:
                  "@type": type.googleapis.com/envoy.config.route.v3.RouteList
                  routes:
                    - { match: { safe_regex: { regex: "^/a$" } }, direct_response: { status: 201 } }
                    - { match: { safe_regex: { regex: "/b" } }, direct_response: { status: 202 } }
                    - { match: { path: /c }, direct_response: { status: 203 } }`,
    }),
    requests: ["a.test", "b.test"].flatMap((host) =>
      ["/a", "/a;x", "/b", "/b;x", "/b;x?y", "/a?y", "/c;x", "/c"].map((path) => ({
        path,
        headers: [
          ["host", host],
          ["x-a", "a"],
        ],
      })),
    ),
  },
];
