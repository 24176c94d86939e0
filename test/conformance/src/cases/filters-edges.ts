import { waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster, WITH_TRAILERS } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const MATCHING = "type.googleapis.com/envoy.extensions.common.matching.v3";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
const FULL = "{ default_value: { numerator: 100 } }";
const ALWAYS = "percentage: { numerator: 100 }";
const GRPC: [string, string] = ["content-type", "application/grpc"];
const FRAME = "\0\0\0\0\u0002xy";
/** The password is "secret". */
const USERS = "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\\njürg:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

const filter = (name: string, type: string, config = ""): string =>
  `- { name: ${name}, typed_config: { "@type": ${TYPES}.${type}${config === "" ? "" : `, ${config}`} } }\n`;
const perRoute = (name: string, type: string, config: string): string =>
  `typed_per_filter_config: { ${name}: { "@type": ${TYPES}.${type}, ${config} } }`;
const logged = (format: string): string =>
  `access_log: ${fileLog(`%REQ(:PATH):20% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %UPSTREAM_CLUSTER% ${format}`)}`;
const lines = (count: number): NonNullable<ConformanceCase["accessLog"]> => ({
  file: "access.log",
  lines: count,
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const credentials = (text: string): [string, string] => ["authorization", `Basic ${text}`];
const fault = (name: string, value: string): [string, string] => [`x-envoy-fault-${name}`, value];

const AUTHORIZED: readonly [string, string][][] = [
  [credentials(base64("ann:secret").replace("u", "u!"))],
  [credentials(` ${base64("ann:secret")}`)],
  [credentials(base64("ann:secret").replace(/=+$/, ""))],
  [credentials(`${base64("ann:secret")}=`)],
  [credentials(`${base64("ann:secret")}==`)],
  [credentials(base64("jürg:secret"))],
  [credentials(base64("ann:secret")), credentials(base64("ann:secret"))],
  [credentials(base64("ann:secret:x"))],
];

const FAULTS: readonly [string, string][][] = [
  [fault("abort-request", "+404")],
  [fault("abort-request", "404.0")],
  [fault("abort-request", "0404")],
  [fault("abort-request", "-404")],
  [fault("abort-request", "199")],
  [fault("abort-request", "599")],
  [fault("abort-request", "404"), fault("abort-request-percentage", "some")],
  [fault("delay-request", "+5")],
  [fault("delay-request", "0")],
  [fault("throughput-response", "10000000000")],
  [fault("throughput-response", "+4")],
  [GRPC, fault("abort-grpc-request", "99999")],
];

const NUMBERS = [
  "1",
  " 2 ",
  "1e3",
  "0x10",
  "0x1.8p3",
  "inf",
  "-Infinity",
  "nan",
  "+5",
  ".5",
  "1e400",
  "0b1",
  "1_000",
];
const SERIALIZED = [
  [0x1a, 3, 0x61, 0x62, 0x63],
  [0x11, 0, 0, 0, 0, 0, 0, 0x28, 0x40],
  [0x20, 1],
  [0x32, 5, 0x0a, 3, 0x1a, 1, 0x61],
  [0x2a, 9, 0x0a, 7, 0x0a, 1, 0x6b, 0x12, 2, 0x20, 1],
  [0xff, 0xff],
].map((octets) => Buffer.from(octets).toString("base64"));

const ORIGINS: readonly [string, string][][] = [
  [["referer", "http://example.test/page"]],
  [["referer", "http://evil.test/page"]],
  [
    ["referer", "http://example.test"],
    ["origin", ""],
  ],
  [["origin", "http://user@example.test"]],
  [["origin", "ftp://example.test"]],
  [["origin", "http://example.test?a"]],
  [["origin", "http://example.test#a"]],
  [["origin", "http://example.test:port"]],
  [
    ["origin", "http://example.test"],
    ["origin", "http://evil.test"],
  ],
];

const GRANTS: readonly [string, string][][] = [[["access-control-request-headers", "x-a,x-b"]], []];

const SKIP = `{ action: { name: skip, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter } } }`;
const skipBy = (header: string): string =>
  `xds_matcher: { matcher_tree: { input: { name: h, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: ${header} } }, exact_match_map: { map: { "skip": ${SKIP} } } } }`;
const abort = (status: number): string =>
  `"@type": ${TYPES}.fault.v3.HTTPFault, abort: { http_status: ${status}, ${ALWAYS} }`;
const matched = (name: string, more: string): string =>
  `- { name: ${name}, typed_config: { "@type": ${MATCHING}.ExtensionWithMatcher, extension_config: { name: fault, typed_config: { ${abort(418)} } }${more} } }\n`;
const route = (path: string, more: string): string =>
  `- { match: { path: ${path} }, route: { cluster: one }, ${more} }`;

export const FILTER_EDGE_CASES: readonly ConformanceCase[] = [
  {
    title: "basic_auth takes no credentials that are nearly right, and tells a long path in part",
    yaml: httpBootstrap({
      hcm: logged("[%REQ(x-user)%]"),
      httpFilters:
        filter(
          "auth",
          "basic_auth.v3.BasicAuth",
          `users: { inline_string: "${USERS}" }, forward_username_header: x-user`,
        ) + ROUTER,
    }),
    requests: [
      { path: `/${"x".repeat(400)}` },
      { path: "/quoted?q=%22" },
      ...AUTHORIZED.map((headers, i): CaseRequest => ({ path: `/${i}`, headers })),
    ],
    stats: ["http.main.basic_auth.allowed", "http.main.basic_auth.denied"],
    accessLog: lines(10),
  },
  {
    title: "CORS grants what is asked for where a policy says *, and csrf goes by the referer, too",
    yaml: httpBootstrap({
      hcm: logged(""),
      httpFilters:
        filter("cors", "cors.v3.Cors") +
        filter("csrf", "csrf.v3.CsrfPolicy", `filter_enabled: ${FULL}`) +
        ROUTER,
      routes: `- { match: { prefix: "/cors" }, route: { cluster: one }, ${perRoute("cors", "cors.v3.CorsPolicy", 'allow_origin_string_match: [{ prefix: "http://" }], allow_methods: "*", allow_headers: "*", expose_headers: "*", allow_credentials: true')} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      ...GRANTS.map(
        (more): CaseRequest => ({
          method: "OPTIONS",
          path: "/cors",
          headers: [["origin", "http://a.test"], ["access-control-request-method", "PUT"], ...more],
        }),
      ),
      { path: "/cors", headers: [["origin", "http://a.test"]] },
      ...ORIGINS.map((headers): CaseRequest => ({ method: "POST", path: "/csrf", headers })),
    ],
    stats: ["missing_source_origin", "request_invalid", "request_valid"].map(
      (name) => `http.main.csrf.${name}`,
    ),
    accessLog: lines(12),
  },
  {
    title: "set_metadata replaces what is of another type and passes over entries without value",
    yaml: httpBootstrap({
      hcm: logged(["a", "b", "c", "d"].map((name) => `%DYNAMIC_METADATA(${name})%`).join(" ")),
      httpFilters:
        filter(
          "set",
          "set_metadata.v3.Config",
          "metadata: [{ metadata_namespace: a, value: { x: 1, s: x, l: [1], o: { k: v }, z: null, t: true } }, { metadata_namespace: a, allow_overwrite: true, value: { x: x, s: 1, l: { k: 1 }, o: [1], z: 2, t: null } }, { metadata_namespace: b }, { metadata_namespace: b, value: { k: 12345678901234567890 } }, { metadata_namespace: a }, { metadata_namespace: c, allow_overwrite: true }, { metadata_namespace: a, value: { never: 1 } }]",
        ) +
        filter("old", "set_metadata.v3.Config", "metadata_namespace: d") +
        ROUTER,
    }),
    requests: [{ path: "/" }],
    stats: ["http.main.set_metadata.overwrite_denied"],
    accessLog: lines(1),
  },
  {
    title: "header_to_metadata reads numbers, serialised values, octets and cookies",
    yaml: httpBootstrap({
      hcm: logged("%DYNAMIC_METADATA(a)%"),
      httpFilters:
        filter(
          "h",
          "header_to_metadata.v3.Config",
          "request_rules: [{ header: x-number, on_header_present: { metadata_namespace: a, key: number, type: NUMBER } }, { header: x-value, on_header_present: { metadata_namespace: a, key: value, type: PROTOBUF_VALUE, encode: BASE64 } }, { header: x-octets, on_header_present: { metadata_namespace: a, key: octets, encode: BASE64 } }, { cookie: c, on_header_present: { metadata_namespace: a, key: cookie }, on_header_missing: { metadata_namespace: a, key: cookie, value: none } }]",
        ) + ROUTER,
    }),
    requests: [
      ...NUMBERS.map((number): CaseRequest => ({ path: "/number", headers: [["x-number", number]] })),
      ...SERIALIZED.map((value): CaseRequest => ({ path: "/value", headers: [["x-value", value]] })),
      ...["aGk", "aGk=", "aGk==", "aGl=", "/v8="].map(
        (octets): CaseRequest => ({ path: "/octets", headers: [["x-octets", octets]] }),
      ),
      { path: "/cookie", headers: [["cookie", "c="]] },
    ],
    accessLog: lines(NUMBERS.length + SERIALIZED.length + 6),
  },
  {
    title: "health_check remembers answers of its own",
    yaml: httpBootstrap({
      hcm: logged(""),
      httpFilters:
        ["/cached", "/dead"]
          .map((path, i) =>
            filter(
              `hc${i}`,
              "health_check.v3.HealthCheck",
              `pass_through_mode: true, cache_time: 60s, headers: [{ name: ":path", string_match: { exact: ${path} } }]`,
            ),
          )
          .join("") + ROUTER,
      routes: `- { match: { prefix: "/dead" }, route: { cluster: dead } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    concurrency: 2,
    observe: async (target) => {
      const seen = [];
      await target.proxy.admin("/healthcheck/fail", "POST");
      seen.push(await target.send({ path: "/cached" }));
      await target.proxy.admin("/healthcheck/ok", "POST");
      for (const path of ["/cached", "/cached", "/cached", "/dead", "/dead"])
        seen.push(await target.send({ path }));
      return seen;
    },
    stats: ["request_total", "failed", "cached_response"].map((name) => `http.main.health_check.${name}`),
  },
  {
    title: "grpc_stats counts every status, wherever it stands",
    yaml: httpBootstrap({
      hcm: `http_protocol_options: { enable_trailers: true }\n${logged("%GRPC_STATUS%")}`,
      httpFilters:
        filter(
          "g",
          "grpc_stats.v3.FilterConfig",
          "individual_method_stats_allowlist: { services: [{ name: a.b, method_names: [Buy] }] }, replace_dots_in_grpc_service_name: true",
        ) + ROUTER,
      routes: '- { match: { prefix: "/" }, route: { cluster: trailing } }',
      clusters: staticCluster("trailing", ["{{upstream}}"], WITH_TRAILERS),
    }),
    reply: ({ target }) => {
      const [, place, status = ""] = /\?(\w+)=(.*)/.exec(target) ?? [];
      const head: [string, string][] =
        place === "none" || place === "trailer" ? [] : [["grpc-status", status]];
      return place === "trailer" || place === "both"
        ? { headers: [GRPC, ...head], chunks: [FRAME], trailers: [["grpc-status", status]] }
        : { headers: [GRPC, ...head], body: place === "only" ? "" : FRAME };
    },
    requests: [
      ...["head=0", "both=3", "only=2", "trailer=abc", "trailer=00", "trailer=123456", "none="].map(
        (query): CaseRequest => ({ method: "POST", path: `/a.b/Buy?${query}`, headers: [GRPC], body: FRAME }),
      ),
      ...["application/grpc;x=y", "application/grpc-web"].map(
        (type): CaseRequest => ({
          method: "POST",
          path: "/a.b/Buy?trailer=1",
          headers: [["content-type", type]],
          body: FRAME,
        }),
      ),
    ],
    stats: [
      "0",
      "1",
      "2",
      "3",
      "abc",
      "00",
      "123456",
      "success",
      "failure",
      "total",
      "request_message_count",
      "response_message_count",
    ].map((name) => `cluster.trailing.grpc.a.b.Buy.${name}`),
    accessLog: lines(9),
  },
  {
    title: "fault reads numbers as Envoy does, and parts of a millisecond are no delay",
    yaml: httpBootstrap({
      hcm: logged("%GRPC_STATUS%"),
      httpFilters:
        filter(
          "fault",
          "fault.v3.HTTPFault",
          `abort: { header_abort: {}, ${ALWAYS} }, delay: { header_delay: {}, ${ALWAYS} }, response_rate_limit: { header_limit: {}, ${ALWAYS} }`,
        ) + ROUTER,
      routes: `- { match: { prefix: "/short" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", `delay: { fixed_delay: 0.0009s, ${ALWAYS} }`)} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [{ path: "/short" }, ...FAULTS.map((headers, i): CaseRequest => ({ path: `/${i}`, headers }))],
    stats: ["delays_injected", "aborts_injected", "response_rl_injected"].map(
      (name) => `http.main.fault.${name}`,
    ),
    accessLog: lines(FAULTS.length + 1),
  },
  {
    title: "a route has a matcher of its own for a filter, and one without any matcher is left out",
    yaml: httpBootstrap({
      hcm: logged(""),
      httpFilters: `${matched("bare", "")}${matched("own", `, ${skipBy("x-a")}`)}${ROUTER}`,
      virtualHost: `typed_per_filter_config: { own: { ${abort(419)} } }`,
      routes: `${route("/matcher", `typed_per_filter_config: { own: { "@type": ${MATCHING}.ExtensionWithMatcherPerRoute, ${skipBy("x-b")} } }`)}
${route("/wrapped", `typed_per_filter_config: { own: { "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig, config: { "@type": ${MATCHING}.ExtensionWithMatcherPerRoute, ${skipBy("x-b")} } } }`)}
${route("/filter", `typed_per_filter_config: { own: { ${abort(420)} } }`)}
- { match: { prefix: / }, route: { cluster: one } }`,
    }),
    requests: ["/matcher", "/wrapped", "/filter", "/"].flatMap((path): CaseRequest[] => [
      { path },
      { path, headers: [["x-a", "skip"]] },
      { path, headers: [["x-b", "skip"]] },
    ]),
    accessLog: lines(12),
  },
];

/** What filters before an upstream do while there is no connection to it. */
const post = (path: string, body: string, chunked = false): CaseRequest => ({
  method: "POST",
  path,
  ...(chunked
    ? {
        headers: [["transfer-encoding", "chunked"]],
        body: `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      }
    : { body }),
});

export const UNREACHED_UPSTREAM_CASES: readonly ConformanceCase[] = [
  {
    title: "filters before an upstream that cannot be reached see requests, and answer them",
    yaml: httpBootstrap({
      hcm: logged("[%REQ(x-up)%] n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% rx=%BYTES_RECEIVED%"),
      httpFilters: `- name: router
  typed_config:
    "@type": ${TYPES}.router.v3.Router
    upstream_http_filters:
    ${filter("m", "header_mutation.v3.HeaderMutation", "mutations: { request_mutations: [{ append: { header: { key: x-up, value: m }, append_action: APPEND_IF_EXISTS_OR_ADD } }, { append: { header: { key: x-seen, value: '%REQ(:authority)%' }, append_action: OVERWRITE_IF_EXISTS_OR_ADD } }] }").trimEnd()}
    ${filter("buffer", "buffer.v3.Buffer", "max_request_bytes: 4").trimEnd()}
    - { name: codec, typed_config: { "@type": ${TYPES}.upstream_codec.v3.UpstreamCodec } }`,
      routes: `- { match: { prefix: "/dead/retry" }, route: { cluster: dead, retry_policy: { retry_on: connect-failure, num_retries: 2 } } }
- { match: { prefix: "/dead" }, route: { cluster: dead } }
- { match: { prefix: "/both" }, route: { cluster: both, retry_policy: { retry_on: connect-failure, num_retries: 2, retry_priority: { name: previous, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig, update_frequency: 1 } } } } }
- { match: { prefix: "/off" }, route: { cluster: dead }, ${perRoute("buffer", "buffer.v3.BufferPerRoute", "disabled: true")} }
- { match: { prefix: "/named" }, route: { cluster: named, auto_host_rewrite: true } }
- { match: { prefix: "/mirror" }, route: { cluster: one, request_mirror_policies: [{ cluster: two }] } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
      clusters: `
- name: both
  connect_timeout: 1s
  load_assignment:
    cluster_name: both
    endpoints:
    - { priority: 0, lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{dead}} } } } }] }
    - { priority: 1, lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } } }] }
- name: named
  type: STRICT_DNS
  dns_lookup_family: V4_ONLY
  connect_timeout: 1s
  load_assignment: { cluster_name: named, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: localhost, port_value: {{upstream}} } } } }] }] }`,
    }),
    requests: [
      { path: "/dead" },
      { path: "/dead/retry" },
      post("/dead", "abc"),
      post("/dead", "abcdef"),
      post("/dead", "abcdef", true),
      post("/dead/retry", "abc"),
      post("/dead/retry", "abcdef"),
      { path: "/both" },
      { path: "/both" },
      post("/both", "abc"),
      post("/both", "abc", true),
      post("/off", "abcdef"),
      { path: "/named" },
      post("/mirror", "abc", true),
    ],
    observe: async ({ upstream2 }) => {
      await waitFor("the copy", () => upstream2.requests.some(({ complete }) => complete));
      return null;
    },
    stats: [
      ...[
        "upstream_rq_total",
        "upstream_rq_413",
        "upstream_rq_503",
        "upstream_rq_cancelled",
        "upstream_rq_pending_total",
        "upstream_rq_retry",
      ].map((name) => `cluster.dead.${name}`),
      "cluster.both.upstream_rq_200",
      "cluster.both.upstream_rq_retry",
    ],
    accessLog: lines(14),
  },
];
