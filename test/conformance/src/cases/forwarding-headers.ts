import { RawHttp2Client } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { askListeners, listenersBootstrap } from "../many-listeners.ts";

const REFERERS = [
  ...[
    "http://a.test/x",
    "/rel",
    "no uri",
    "https://a.test:x/",
    "ftp://a.test/",
    "android-app://com.google.android.gm",
  ],
  ...[
    "about:blank",
    "a.test",
    "//a.test/x",
    "http://",
    "http:///x",
    "http://a b/",
    "https://a.test",
    "https://a.test?x",
  ],
  ...[
    "https://user:pw@a.test/",
    "HTTP://A.test/",
    "*",
    "",
    "data:text/html,x",
    "http://[::1]/",
    "http://[::1",
  ],
  ...[
    "http://a_b.test/",
    "http://a.test:65535/",
    "http://a.test:65536/",
    "http://a.test:00080/",
    "http://a.test:/",
  ],
  ...[
    "x://a",
    "x+y://a",
    "1x://a",
    "http:/a.test",
    "http//a.test",
    "http://a.test/\xe9",
    "http://a.test/#frag",
    "/x#f",
  ],
  ...[
    "?q",
    "?a:b",
    "/a?b:c",
    "a/b:c",
    "a|b",
    "/a|b",
    "/a?b|c",
    "http://a.test/|",
    'http://a.test/?q=<>"{}|^`[x]',
    "/a[b]",
  ],
  ...[
    "www.google.com:443/",
    "javascript:alert(1)",
    "mailto:x@y",
    "http://a.test:80:80/",
    "/a\\b",
    "/\xe9",
    "a@b",
    "a?b?c",
    "/a?b?c",
  ],
];

/** Names of which each message has two lines. */
const REPEATED = [
  ...[
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "content-type",
    "cookie",
    "forwarded",
    "if-match",
  ],
  ...[
    "link",
    "origin",
    "range",
    "set-cookie",
    "te",
    "user-agent",
    "vary",
    "via",
    "x-custom",
    "x-forwarded-for",
  ],
  ...[
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
    "date",
    "server",
    "location",
    "grpc-status",
  ],
  ...["etag", "access-control-allow-origin", "www-authenticate", "traceparent"],
];
/** Envoy refuses an upstream's second line of these, or they frame the message. */
const NOT_TWICE: ReadonlySet<string> = new Set(["te"]);

const FORWARDED: CaseRequest[] = [
  { path: "/" },
  { path: "/", headers: [["x-forwarded-for", "1.2.3.4"]] },
  {
    path: "/",
    headers: [
      ["x-forwarded-for", "1.2.3.4, 10.0.0.1"],
      ["x-forwarded-proto", "https"],
    ],
  },
  {
    path: "/",
    headers: [
      ["x-envoy-internal", "true"],
      ["x-envoy-external-address", "9.9.9.9"],
    ],
  },
  { path: "/", headers: [["x-forwarded-for", "not an address"]] },
  {
    path: "/",
    headers: [
      ["x-forwarded-proto", "ftp"],
      ["x-forwarded-port", "1"],
    ],
  },
];

const CLIENT = `- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add: [{ header: { key: x-client, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" } }]`;

function forwarding(title: string, hcm: string, requests = FORWARDED): ConformanceCase {
  return { title, yaml: httpBootstrap({ routes: CLIENT, hcm }), requests };
}

export const FORWARDING_HEADER_CASES: readonly ConformanceCase[] = [
  forwarding("behind another proxy, x-forwarded-for is trusted and passed on", ""),
  forwarding("at the edge, x-forwarded-for gets the peer and is not trusted", "use_remote_address: true"),
  forwarding(
    "at the edge behind trusted hops, the client is the one that they saw",
    "use_remote_address: true\nxff_num_trusted_hops: 1",
  ),
  forwarding("the last trusted hop is counted from the right", "xff_num_trusted_hops: 1"),
  forwarding(
    "x-forwarded-for is left alone where configured",
    "use_remote_address: true\nskip_xff_append: true",
  ),
  forwarding(
    "x-envoy headers of the outside are taken off at the edge",
    "use_remote_address: true\ninternal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }",
    [
      {
        path: "/",
        headers: [
          ["x-envoy-retry-on", "5xx"],
          ["x-envoy-max-retries", "3"],
          ["x-envoy-upstream-rq-timeout-ms", "5"],
          ["x-envoy-decorator-operation", "o"],
          ["x-envoy-other", "kept"],
          ["x-envoy-retriable-status-codes", "418"],
          ["x-envoy-retriable-header-names", "x-retry"],
          ["x-envoy-retry-grpc-on", "cancelled"],
          ["x-envoy-hedge-on-per-try-timeout", "true"],
        ],
      },
    ],
  ),
  {
    title: "the outside does not choose which answers are tried again",
    yaml: httpBootstrap({
      hcm: "use_remote_address: true\ninternal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }",
      routes: `- match: { prefix: "/" }
  route: { cluster: one, retry_policy: { retry_on: "retriable-status-codes,retriable-headers", num_retries: 1 } }`,
    }),
    reply: ({ target }) => (target === "/status" ? { status: 418 } : { headers: [["x-retry", "1"]] }),
    requests: [
      { path: "/status", headers: [["x-envoy-retriable-status-codes", "418"]] },
      { path: "/header", headers: [["x-envoy-retriable-header-names", "x-retry"]] },
    ],
    stats: ["cluster.one.upstream_rq_retry", "cluster.one.upstream_rq_total"],
  },
  forwarding(
    "x-envoy headers from inside do their work and are passed on or not as in Envoy",
    "use_remote_address: true\ninternal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }",
    [
      {
        path: "/",
        headers: [
          ["x-envoy-retry-on", "5xx"],
          ["x-envoy-max-retries", "3"],
          ["x-envoy-upstream-rq-timeout-ms", "5000"],
          ["x-envoy-upstream-rq-per-try-timeout-ms", "4000"],
          ["x-envoy-upstream-alt-stat-name", "other"],
          ["x-envoy-decorator-operation", "o"],
          ["x-envoy-other", "kept"],
          ["x-envoy-retriable-status-codes", "418"],
          ["x-envoy-retriable-header-names", "x-retry"],
          ["x-envoy-retry-grpc-on", "cancelled"],
          ["x-envoy-hedge-on-per-try-timeout", "true"],
        ],
      },
    ],
  ),
  forwarding(
    "x-request-id is made where it is missing and kept or replaced where it is given",
    "always_set_request_id_in_response: true",
    [{ path: "/" }, { path: "/", headers: [["x-request-id", "mine"]] }],
  ),
  forwarding(
    "x-request-id is kept at the edge where configured",
    "use_remote_address: true\npreserve_external_request_id: true",
    [
      { path: "/", headers: [["x-request-id", "mine"]] },
      { path: "/", headers: [["x-request-id", ""]] },
    ],
  ),
  forwarding("x-request-id is replaced at the edge", "use_remote_address: true", [
    { path: "/", headers: [["x-request-id", "mine"]] },
  ]),
  forwarding("x-request-id may be switched off", "generate_request_id: false", [
    { path: "/" },
    { path: "/", headers: [["x-request-id", "mine"]] },
  ]),
  {
    title: "via and server are added to what is passed on",
    yaml: httpBootstrap({ hcm: "via: edge\nserver_name: gate" }),
    reply: {
      headers: [
        ["server", "origin"],
        ["via", "1.1 other"],
      ],
      body: "one",
    },
    requests: [{ path: "/", headers: [["via", "1.0 first"]] }, { path: "/" }],
  },
  {
    title: "the upstream's date passes, whatever it says",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/own" }, direct_response: { status: 200 } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply: ({ target }) => ({ headers: target === "/none" ? [] : [["date", target.slice(1)]] }),
    requests: ["/yesterday", "/", "/none", "/own"].map((path) => ({ path })),
  },
  {
    title: "a referer passes where it is a reference",
    yaml: httpBootstrap({}),
    requests: REFERERS.map((referer, i) => ({ path: `/${i}`, headers: [["referer", referer]] })),
  },
  {
    title: "lines of one name are joined where Envoy has one place for them, by HTTP/1 and by HTTP/2",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply: ({ target }) => {
      const name = target.slice(1);
      return {
        headers: NOT_TWICE.has(name)
          ? []
          : [
              [name, "v1"],
              [name, "v2"],
            ],
        body: "one",
      };
    },
    requests: REPEATED.map((name) => ({
      path: `/${name}`,
      headers: [
        [name, "1.2.3.4"],
        [name, "5.6.7.8"],
      ],
    })),
    observe: async (target) => {
      const seen: unknown[] = [];
      for (const [i, name] of REPEATED.entries()) {
        const client = await RawHttp2Client.connect(target.port);
        client.request(1, `/${i}`, [
          [name, "1.2.3.4"],
          [name, "5.6.7.8"],
        ]);
        seen.push((await client.outcome(1))?.status ?? null);
        client.destroy();
      }
      return seen;
    },
  },
  {
    title: "te and user-agent as they are passed on",
    yaml: httpBootstrap({ hcm: "add_user_agent: true" }),
    requests: ["trailers", "trailers, gzip", "gzip", "Trailers", "gzip,  trailers ", "trailers;q=1"].map(
      (te): CaseRequest => ({
        path: "/",
        headers: [
          ["te", te],
          ["user-agent", te === "gzip" ? "mine" : ""],
        ],
      }),
    ),
  },
  {
    title: "interim responses count as responses",
    yaml: listenersBootstrap({ main: { hcm: "proxy_100_continue: true" }, own: {} }),
    ignoreUpstream: true,
    reply: { interim: [{ status: 100 }, { status: 103 }], body: "one" },
    observe: (target) =>
      askListeners(
        target,
        ["main", "own"],
        [{ path: "/", method: "POST", headers: [["expect", "100-continue"]], body: "a" }],
      ),
    stats: ["main", "own"].flatMap((name) =>
      ["completed", "1xx", "2xx", "total"].map((stat) => `http.${name}.downstream_rq_${stat}`),
    ),
  },
  {
    title: "the upstream's server header passes where configured",
    yaml: httpBootstrap({ hcm: "server_header_transformation: PASS_THROUGH" }),
    reply: (_request, index) => (index === 0 ? { headers: [["server", "origin"]] } : {}),
    requests: [{ path: "/" }, { path: "/" }],
  },
  {
    title: "the server header is added only where it is absent",
    yaml: httpBootstrap({ hcm: "server_header_transformation: APPEND_IF_ABSENT" }),
    reply: (_request, index) => (index === 0 ? { headers: [["server", "origin"]] } : {}),
    requests: [{ path: "/" }, { path: "/" }],
  },
  {
    title: "hop-by-hop headers end at the proxy, both ways",
    yaml: httpBootstrap({}),
    reply: {
      headers: [
        ["connection", "x-hop, keep-alive"],
        ["keep-alive", "timeout=5"],
        ["x-hop", "r"],
        ["proxy-connection", "keep-alive"],
        ["te", "x"],
      ],
      body: "one",
    },
    requests: [
      {
        path: "/",
        headers: [
          ["connection", "x-hop"],
          ["x-hop", "1"],
          ["keep-alive", "1"],
          ["te", "trailers"],
          ["proxy-connection", "keep-alive"],
        ],
      },
      { path: "/", headers: [["te", "gzip, trailers"]] },
      {
        path: "/",
        headers: [
          ["connection", "te"],
          ["te", "trailers"],
        ],
      },
      {
        path: "/",
        headers: [
          ["upgrade", "h2c"],
          ["connection", "upgrade, http2-settings"],
          ["http2-settings", "x"],
        ],
      },
    ],
  },
  {
    title: "Envoy's own response headers can be suppressed",
    yaml: httpBootstrap({
      httpFilters: `
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, suppress_envoy_headers: true }`,
    }),
    requests: [{ path: "/" }, { path: "/", headers: [["x-envoy-upstream-rq-timeout-ms", "5000"]] }],
  },
  {
    title: "paths are normalised before they are matched and passed on",
    yaml: httpBootstrap({
      hcm: "normalize_path: true\nmerge_slashes: true\npath_with_escaped_slashes_action: UNESCAPE_AND_FORWARD",
    }),
    requests: [
      "/a/../b",
      "/a//b///c",
      "/a/./b/",
      "/a%2Fb",
      "/a%5cb",
      "/%7euser",
      "/a/%2e%2e/b",
      "/../../x",
      "/a?x=/../y",
      "/a\\b",
      "//?//",
      "///",
    ].map((path) => ({ path })),
  },
  {
    title: "what is no percent-encoding is left alone by normalisation",
    yaml: httpBootstrap({ hcm: "normalize_path: true" }),
    requests: [{ path: "/%41%zz" }],
  },
  {
    title: "who asks for escaped slashes is sent to the path without, but for gRPC, and the log says which",
    yaml: listenersBootstrap(
      Object.fromEntries(
        Object.entries({
          main: "normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT",
          reject: "path_with_escaped_slashes_action: REJECT_REQUEST",
          keep: "normalize_path: true, path_with_escaped_slashes_action: KEEP_UNCHANGED",
        }).map(([name, fields]) => [
          name,
          {
            hcm: `${fields.replaceAll(", ", "\n")}
access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %UPSTREAM_CLUSTER%")}`,
          },
        ]),
      ),
    ),
    observe: (target) =>
      askListeners(
        target,
        ["main", "reject", "keep"],
        ["/a%2fb", "/a%5c%2e%2e%2fb?x=%2f", "/%2F%2fe.test/x", "/a%00%2f", "/%c3%a9%3a", "/a"].flatMap(
          (path) => [{ path }, { path, headers: [["content-type", "application/grpc"]] as const }],
        ),
      ),
    stats: ["main", "reject"].flatMap((name) => [
      `http.${name}.downstream_rq_failed_path_normalization`,
      `http.${name}.downstream_rq_redirected_with_normalized_path`,
    ]),
    accessLog: { file: "access.log", lines: 36 },
  },
  {
    title: "escaped slashes are refused where configured",
    yaml: httpBootstrap({ hcm: "normalize_path: true\npath_with_escaped_slashes_action: REJECT_REQUEST" }),
    requests: ["/a%2Fb", "/a%5Cb", "/ab?%2F"].map((path) => ({ path })),
  },
  {
    title: "ports and trailing dots are stripped from the host where configured",
    yaml: httpBootstrap({ hcm: "strip_any_host_port: true\nstrip_trailing_host_dot: true" }),
    requests: ["a.test:80", "a.test.", "a.test.:80", "a.test:x", "[::1]:80"].map(
      (host): CaseRequest => ({ path: "/", headers: [["host", host]] }),
    ),
  },
  forwarding(
    "without ranges of its own a configuration of internal addresses means private ones",
    "internal_address_config: {}",
    [
      "10.1.1.1",
      "172.31.0.1",
      "172.32.0.1",
      "192.168.1.1",
      "127.0.0.1",
      "127.0.0.2",
      "8.8.8.8",
      "fd00::1",
      "fc00::1",
      "::1",
    ].map((client): CaseRequest => ({ path: "/", headers: [["x-forwarded-for", client]] })),
  ),
  {
    title: "what a connection manager leaves open the runtime says",
    yaml: httpBootstrap({
      bootstrap: `layered_runtime: { layers: [{ name: static, static_layer: {
  http_connection_manager.normalize_path: 100, http_connection_manager.path_with_escaped_slashes_action: 4,
  envoy.reloadable_features.max_request_headers_count: 3, envoy.reloadable_features.max_request_headers_size_kb: 1 } }] }`,
    }),
    requests: [
      { path: "/a/../b" },
      { path: "/a%2Fb" },
      { path: "/many", headers: ["a", "b", "c"].map((name) => [name, "1"] as const) },
      { path: "/long", headers: [["a", "x".repeat(1500)]] },
    ],
  },
  {
    title: "headers with underscores are dropped where configured",
    yaml: httpBootstrap({
      hcm: "common_http_protocol_options: { headers_with_underscores_action: DROP_HEADER }",
    }),
    requests: [
      {
        path: "/",
        headers: [
          ["x_under", "1"],
          ["x-dash", "2"],
        ],
      },
    ],
    stats: ["http1.dropped_headers_with_underscores"],
  },
  {
    title: "requests with underscores in headers are refused where configured",
    yaml: httpBootstrap({
      hcm: "common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }",
    }),
    requests: [{ path: "/", headers: [["x_under", "1"]] }, { path: "/" }],
    stats: ["http.main.downstream_rq_4xx", "http1.requests_rejected_with_underscores_in_headers"],
  },
];
