import { fileLog, httpBootstrap, ROUTER } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { http2Exchanges } from "../http2-exchange.ts";

const LOG = fileLog("%PROTOCOL% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%");
const METADATA = "%METADATA(ROUTE:t:r)% %METADATA(VIRTUAL_HOST:t:h)%";
const HTTPS_TARGETS = ["https://a.test/", "HTTPS://a.test:80/", "http://a.test/", "https://a.test:99999/"];
/** Each with more than one thing amiss: which of them is told? */
const REFUSED_HEADS = [
  "DELETE * HTTP/1.0\r\nhost: a.test",
  "GET http://a.test:/ HTTP/1.0\r\nhost: a.test",
  "GET / HTTP/1.0\r\nhost: a.test\r\nx_a: 1",
  "GET http://a.test:/ HTTP/1.1\r\nhost: a.test\r\nx_a: 1",
  "GET a HTTP/1.1\r\nhost: a.test\r\nx_a: 1",
  "GET / HTTP/1.1\r\nhost: a.test\r\nconnection: :path\r\nx_a: 1",
  "GET http://a.test:/ HTTP/1.1\r\nhost: a.test\r\nconnection: :path",
  "GET / HTTP/1.0\r\nhost: a test\r\nx_a: 1",
  "GET / HTTP/1.0\r\nhost: a test",
  "GET / HTTP/1.0\r\nhost: a.test\r\nconnection: :path",
  "GET / HTTP/1.0\r\nhost: a.test\r\na b: 1",
];

/** What is answered to each of these, on a connection of its own. */
async function answersTo(messages: readonly string[], { connect }: Target): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const message of messages) {
    const connection = await connect();
    connection.write(Buffer.from(`${message}\r\n\r\n`, "latin1"));
    const { version, status, text, header } = await connection.response();
    seen.push([message, version, status, text, header("connection") ?? null]);
    connection.destroy();
  }
  return seen;
}

/** Still more of the small cases of `found-by-chance.ts`. */
export const LAST_FOUND_BY_CHANCE_CASES: readonly ConformanceCase[] = [
  ...[
    "use_remote_address: true",
    "use_remote_address: true\nxff_num_trusted_hops: 1",
    "use_remote_address: false",
    "use_remote_address: true\nhttp_protocol_options: { allow_absolute_url: false }",
  ].map(
    (options): ConformanceCase => ({
      title: `an absolute target with https over plain text, where ${options.replace("\n", ", ")}`,
      yaml: httpBootstrap({ hcm: `${options}\naccess_log: ${LOG}` }),
      observe: (target) =>
        answersTo(
          HTTPS_TARGETS.map((one) => `GET ${one} HTTP/1.1\r\nhost: b.test`),
          target,
        ),
      accessLog: { file: "access.log", lines: HTTPS_TARGETS.length },
    }),
  ),
  {
    title: "of several things amiss in a head the same one is told, and the version counts behind its lines",
    yaml: httpBootstrap({
      hcm: `http_protocol_options: { accept_http_10: true }
common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }
access_log: ${LOG}`,
    }),
    observe: (target) => answersTo(REFUSED_HEADS, target),
    accessLog: { file: "access.log", lines: REFUSED_HEADS.length },
  },
  {
    title: "addresses that answers lead to have the request's scheme, whatever x-forwarded-proto says",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: /direct }, direct_response: { status: 301 } }
- { match: { prefix: /port }, redirect: { port_redirect: 81 } }
- { match: { prefix: /https }, redirect: { https_redirect: true } }
- { match: { prefix: /scheme }, redirect: { scheme_redirect: http } }
- { match: { prefix: /host }, redirect: { host_redirect: "to.test:1" } }
- { match: { prefix: / }, redirect: { path_redirect: /to } }`,
    }),
    requests: ["", "https", "HTTPS", "http", "ftp"].flatMap((proto) =>
      ["/direct", "/port", "/https", "/scheme", "/host", "/"].flatMap((path) =>
        ["a.test:443", "a.test:80", "a.test:x", "[::1]", "[::1]:80"].map((host) => ({
          path,
          headers: [
            ["host", host] as [string, string],
            ...(proto === "" ? [] : [["x-forwarded-proto", proto] as [string, string]]),
          ],
        })),
      ),
    ),
  },
  {
    title: "a whole body in one part is not too large for the filter that waits for it",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: /retried }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 1 } } }
- { match: { prefix: / }, route: { cluster: one } }`,
      httpFilters: `- name: envoy.filters.http.buffer
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
    max_request_bytes: 2
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`,
      hcm: `access_log: ${LOG}`,
    }),
    reply: ({ target }) => ({ status: target === "/retried" ? 503 : 200, body: "one" }),
    observe: (target) =>
      http2Exchanges(target, {
        whole: (c) => {
          c.request(1, "/whole", [], { endStream: false });
          c.data(1, "three", true);
        },
        // But for the router to keep.
        retried: (c) => {
          c.request(1, "/retried", [], { endStream: false });
          c.data(1, "three", true);
        },
        fits: (c) => {
          c.request(1, "/fits", [], { endStream: false });
          c.data(1, "2", false);
          c.data(1, "2", true);
        },
      }),
    accessLog: { file: "access.log", lines: 3 },
    stats: [
      "http.main.downstream_rq_too_large",
      "cluster.one.retry_or_shadow_abandoned",
      "cluster.one.upstream_rq_retry",
    ],
  },
  {
    title:
      "of several things amiss in an HTTP/2 head a field's comes before that of all, and the first field's first",
    yaml: httpBootstrap({
      hcm: `common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }
access_log: ${LOG}`,
    }),
    observe: (target) =>
      http2Exchanges(target, {
        path: (c) => c.request(1, "*", [["x_a", "1"]]),
        later: (c) =>
          c.request(1, "/", [
            ["x_a", "1"],
            ["connection", "close"],
          ]),
        earlier: (c) =>
          c.request(1, "/", [
            ["connection", "close"],
            ["x_a", "1"],
          ]),
      }),
    accessLog: { file: "access.log", lines: 3 },
  },
  {
    title: "a path without its parameters is one without those of each segment",
    yaml: httpBootstrap({
      routeConfig: `name: local
ignore_path_parameters_in_path_matching: true
virtual_hosts:
  - name: a
    domains: ["*"]
    routes:
      - { match: { path: /a }, direct_response: { status: 201 } }
      - { match: { path: /a/x }, direct_response: { status: 202 } }
      - { match: { safe_regex: { regex: "/b/[^/]+" } }, direct_response: { status: 203 } }
      - { match: { path_separated_prefix: /c/d }, direct_response: { status: 204 } }
      - { match: { prefix: /e/f }, direct_response: { status: 205 } }
      - { match: { path: // }, direct_response: { status: 206 } }
      - match:
          path_match_policy:
            name: template
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig
              path_template: /t/{one}/u
        direct_response: { status: 207 }`,
    }),
    requests:
      "/a;p /a;p/x /a;p;q/x;r /a;/x /a;p?q;/x /b;p/x /b/x;p /b;p/x;/y /c;p/d;q/e /c/d;/ /e;p/f;q /;p/;q /t;p/1;q/u;r /t/1/u;r /a;p#;/x"
        .split(" ")
        .map((path) => ({ path })),
  },
  {
    title: "metadata of route and virtual host are known to formats of filters and direct responses",
    yaml: httpBootstrap({
      routeConfig: `name: local
virtual_hosts:
  - name: a
    domains: ["*"]
    metadata: { filter_metadata: { t: { h: of-a } } }
    routes:
      - match: { prefix: /direct }
        direct_response:
          status: 200
          body_format: { text_format_source: { inline_string: "${METADATA}" } }
        metadata: { filter_metadata: { t: { r: of-direct } } }
      - match: { prefix: / }
        route: { cluster: one }
        metadata: { filter_metadata: { t: { r: of-r } } }`,
      httpFilters: `- name: envoy.filters.http.header_mutation
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations:
      request_mutations: [{ append: { header: { key: x-in, value: "${METADATA}" } } }]
      response_mutations: [{ append: { header: { key: x-out, value: "${METADATA}" } } }]
      query_parameter_mutations: [{ append: { record: { key: new, value: "%METADATA(ROUTE:t:r)%" } } }]
- name: envoy.filters.http.set_filter_state
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
    on_request_headers:
      - object_key: kept
        factory_key: envoy.string
        format_string: { text_format_source: { inline_string: "${METADATA}" } }
- name: envoy.filters.http.local_ratelimit
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
    stat_prefix: l
    token_bucket: { max_tokens: 3, tokens_per_fill: 1, fill_interval: 3600s }
    filter_enabled: { default_value: { numerator: 100 } }
    filter_enforced: { default_value: { numerator: 100 } }
    response_headers_to_add: [{ header: { key: x-limited, value: "${METADATA}" } }]
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`,
      hcm: `access_log: ${fileLog("%REQ(x-in)% %FILTER_STATE(kept:PLAIN)%")}`,
    }),
    requests: ["/direct", "/", "/?a=1&&&", "/direct", "/"].map((path) => ({ path })),
    accessLog: { file: "access.log", lines: 5 },
  },
  {
    title: "proxy-status has flags in the order in which they were set",
    yaml: httpBootstrap({
      routes: `- match: { prefix: / }
  route: { cluster: dead, retry_policy: { retry_on: connect-failure, num_retries: 1, retry_back_off: { base_interval: 0.001s } } }`,
      hcm: `proxy_status_config: { literal_proxy_name: us }
access_log: ${fileLog("%RESPONSE_FLAGS%")}`,
    }),
    requests: [{ path: "/" }],
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "a request's host may be called host wherever a header is named",
    yaml: httpBootstrap({
      routes: `- match: { prefix: /mutated }
  direct_response: { status: 200, body_format: { text_format_source: { inline_string: "%REQ(Host)% %REQ(x-none?host)% %REQ(host?x-none)%" } } }
- match: { prefix: /answer }
  route: { cluster: one }
  response_headers_to_add:
  - { header: { key: x-request-host, value: "%REQ(HOST)%" } }
  - { header: { key: x-response-host, value: "%RESP(host)%" }, keep_empty_value: true }
- match: { prefix: / }
  route: { cluster_header: Host }`,
      hcm: `access_log: ${fileLog("%REQ(host)% %RESPONSE_CODE% %UPSTREAM_CLUSTER% %RESP(x-request-host)% %DYNAMIC_METADATA(t:h)%")}`,
      httpFilters: `- name: header_to_metadata
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config
    request_rules: [{ header: Host, on_header_present: { metadata_namespace: t, key: h } }]
- name: router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
    }),
    requests: ["/mutated", "/answer", "/"].map((path) => ({
      path,
      headers: [["host", "one"] as [string, string]],
    })),
    accessLog: { file: "access.log", lines: 3 },
  },
  {
    title: "a CONNECT that asks for an upgrade is one, where a route takes it",
    yaml: httpBootstrap({
      routes: `- match: { connect_matcher: {}, headers: [{ name: x-to, string_match: { exact: redirect } }] }
  redirect: { host_redirect: to.test }
- match: { connect_matcher: {}, headers: [{ name: x-to, string_match: { exact: one } }] }
  route: { cluster: one, upgrade_configs: [{ upgrade_type: websocket, enabled: false }] }
- { match: { prefix: / }, route: { cluster: one } }`,
      hcm: `upgrade_configs: [{ upgrade_type: CONNECT }, { upgrade_type: websocket }]\naccess_log: ${LOG}`,
    }),
    observe: (target) =>
      answersTo(
        ["redirect", "one", "none"].flatMap((to) =>
          ["CONNECT", "websocket", "other"].map(
            (upgrade) =>
              `CONNECT a.test:80 HTTP/1.1\r\nhost: a.test:80\r\nx-to: ${to}\r\nx-reply: 403\r\nconnection: upgrade\r\nupgrade: ${upgrade}`,
          ),
        ),
        target,
      ),
    accessLog: { file: "access.log", lines: 9 },
    ignoreUpstream: true,
  },
  {
    title: "a redirected request that no router sees is logged with the cluster of the one before",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %ROUTE_NAME% %UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW% %METADATA(CLUSTER:t:c)%")}`,
      routes: `- { name: away, match: { prefix: /away }, route: { cluster: one, internal_redirect_policy: {} } }
- { name: health, match: { prefix: /health }, route: { cluster: dead } }`,
      httpFilters: `- name: health_check
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck
    pass_through_mode: false
    headers: [{ name: ":path", string_match: { exact: /health } }]
${ROUTER}`,
    }),
    reply: { status: 302, headers: [["location", "http://example.test/health"]] },
    requests: ["/health", "/away", "/away"].map((path) => ({
      path,
      headers: [["host", "example.test"] as [string, string]],
    })),
    accessLog: { file: "access.log", lines: 5 },
  },
  ...["", "use_remote_address: true\nxff_num_trusted_hops: 1"].map(
    (hops): ConformanceCase => ({
      title: `a redirected request is from the connection's peer${hops === "" ? "" : ", with trusted hops, too"}`,
      yaml: httpBootstrap({
        hcm: `${hops}
access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %REQ(x-forwarded-for)%")}`,
        routes: `- match: { prefix: /, headers: [{ name: x-from }] }
  route: { cluster: one }
- match: { prefix: / }
  route: { cluster: one, internal_redirect_policy: { max_internal_redirects: 2 } }
  request_headers_to_add: [{ header: { key: x-whom, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]`,
        httpFilters: `- name: rbac
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
    rules:
      action: DENY
      policies:
        peers: { permissions: [{ url_path: { path: { prefix: /denied } } }], principals: [{ remote_ip: { address_prefix: 127.0.0.1, prefix_len: 32 } }] }
${ROUTER}`,
      }),
      reply: ({ target }) => ({
        status: target === "/end" ? 200 : 302,
        headers: [["location", `http://example.test/${target === "/once" ? "end" : target.slice(2)}`]],
      }),
      requests: ["/once", "//once", "//denied", "/denied"].map((path) => ({
        path,
        headers: [
          ["host", "example.test"],
          ["x-forwarded-for", "1.2.3.4, 10.0.0.1"],
        ],
      })),
      accessLog: { file: "access.log", lines: 8 },
    }),
  ),
  {
    title: "a body that follows an internal redirect counts once more, unless its head alone is answered",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED%")}`,
      routes: `- { match: { prefix: /direct }, direct_response: { status: 200 } }
- { match: { prefix: /absent }, route: { cluster_header: x-absent } }
- { match: { prefix: /dead }, route: { cluster: dead } }
- { match: { prefix: /one }, route: { cluster: one } }
- { match: { prefix: / }, route: { cluster: one, internal_redirect_policy: { redirect_response_codes: [303, 307] } } }`,
    }),
    reply: ({ target }) => {
      const [, to = "", status] = /^\/to\/(.*)\/(.*)$/.exec(target) ?? [];
      return to === ""
        ? { body: "one" }
        : { status: Number(status), headers: [["location", `http://example.test/${to}`]] };
    },
    requests: ["direct", "absent", "dead", "one", "nowhere"].flatMap((to) =>
      [303, 307].map((status) => ({ method: "POST", path: `/to/${to}/${status}`, body: "abc" })),
    ),
    accessLog: { file: "access.log", lines: 20 },
  },
  {
    title: "what connection names goes, but not with a CONNECT or an upgrade",
    yaml: httpBootstrap({
      routes: `- { match: { connect_matcher: {} }, route: { cluster: dead } }
- { match: { prefix: / }, route: { cluster: dead } }`,
      hcm: `upgrade_configs: [{ upgrade_type: CONNECT }, { upgrade_type: websocket }]
access_log: ${fileLog("%REQ(:method)% %REQ(x-a)% %REQ(x-b)% %REQ(upgrade)% %REQ(connection)% %RESPONSE_CODE%")}`,
    }),
    observe: (target) =>
      answersTo(
        [
          "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\nconnection: x-a",
          "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\nconnection: upgrade, x-a\r\nupgrade: websocket",
          ...["websocket", "other", "h2c"].map(
            (upgrade) => `GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, x-a\r\nupgrade: ${upgrade}`,
          ),
          "GET / HTTP/1.1\r\nhost: a\r\nconnection: x-a\r\nupgrade: websocket",
          "GET / HTTP/1.1\r\nhost: a\r\nconnection: x-a",
        ].map((head) => `${head}\r\nx-a: 1\r\nx-b: 2`),
        target,
      ),
    accessLog: { file: "access.log", lines: 7 },
  },
];
