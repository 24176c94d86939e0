import type { Fields } from "@sluice/harness";
import { ATTEMPTS_TOLD, fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";

const TYPE = "type.googleapis.com/";
const PROMPT = "retry_back_off: { base_interval: 0.001s }";
const GRPC: Fields[number] = ["content-type", "application/grpc"];

/** Only requests from inside may steer the router by x-envoy headers. */
const INTERNAL = `use_remote_address: true
internal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }`;

const TRIED_LOG = `access_log: ${fileLog("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% tries=%UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CLUSTER% %ROUTE_NAME%")}`;

/** One virtual host that counts tries in both directions. */
const counted = (routes: readonly string[], more = "") => ({
  virtualHost: `${ATTEMPTS_TOLD}\n${more}`,
  routes: routes.map((route) => `- ${route}`).join("\n"),
});

/** A matcher that names a cluster by the number of the last try. */
function byAttempt(clusters: Readonly<Record<string, string>>, otherwise: string): string {
  const action = (cluster: string): string =>
    `{ action: { name: a, typed_config: { "@type": ${TYPE}envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction, cluster: ${cluster} } } }`;
  const map = Object.entries(clusters).map(([attempt, cluster]) => `"${attempt}": ${action(cluster)}`);
  return `inline_cluster_specifier_plugin: { extension: { name: m, typed_config: { "@type": ${TYPE}envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier, cluster_matcher: { matcher_tree: { input: { name: i, typed_config: { "@type": ${TYPE}envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-envoy-attempt-count } }, exact_match_map: { map: { ${map.join(", ")} } } }, on_no_match: ${action(otherwise)} } } } }`;
}

function refreshing(match: string, cluster: string, more = ""): string {
  return `{ match: { prefix: "${match}" }${more}, route: { ${cluster}, retry_policy: { retry_on: 5xx, num_retries: 3, refresh_cluster_on_retry: true, ${PROMPT} } } }`;
}

const ASKED = ["0", "-1", "+2500", "1.5", "", "9999999999999", "99999999999", "0x10", "2500,3000"];

function asking(path: string, ...headers: Fields): CaseRequest {
  return { path, headers };
}

const BODY_LIMITS = [
  "request_body_buffer_limit: 20000",
  "per_request_buffer_limit_bytes: 20000",
  "request_body_buffer_limit: 100",
  "per_request_buffer_limit_bytes: 100",
];
const ROUTE_LIMITS: Readonly<Record<string, string>> = {
  plain: "",
  newer: "request_body_buffer_limit: 8000, ",
  older: "per_request_buffer_limit_bytes: 8000, ",
};

/** Requests one after the other, each with time for its last lines. */
async function sendSlowly(target: Target, requests: readonly CaseRequest[]): Promise<void> {
  for (const request of requests) {
    await target.send(request);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

function redirected(path: string, location: string): CaseRequest {
  return { path: `${path}302@${location}` };
}

export const ROUTER_EDGE_CASES: readonly ConformanceCase[] = [
  {
    title: "a body is kept for retries up to the limit of its route or virtual host, beyond the connection's",
    yaml: httpBootstrap({
      listener: "per_connection_buffer_limit_bytes: 2000",
      routeConfig: `name: local
virtual_hosts:
${BODY_LIMITS.map(
  (limit, i) => `- name: v${i}
  domains: [v${i}.test]
  ${limit}
  include_request_attempt_count: true
  retry_policy: { retry_on: 5xx, num_retries: 1, ${PROMPT} }
  routes:
${Object.entries(ROUTE_LIMITS)
  .map(([name, own]) => `  - { match: { prefix: "/${name}" }, ${own}route: { cluster: one } }`)
  .join("\n")}`,
).join("\n")}`,
    }),
    reply: (request) => (request.header("x-envoy-attempt-count") === "1" ? { status: 503 } : { body: "ok" }),
    ignoreUpstream: true,
    requests: BODY_LIMITS.flatMap((_, i) =>
      Object.keys(ROUTE_LIMITS).flatMap((name) =>
        [50, 1500, 5000, 15_000].map(
          (length): CaseRequest => ({
            path: `/${name}`,
            method: "POST",
            body: "x".repeat(length),
            headers: [["host", `v${i}.test`]],
          }),
        ),
      ),
    ),
    stats: ["cluster.one.retry_or_shadow_abandoned", "cluster.one.upstream_rq_retry"],
  },
  {
    title: "what requests ask of timeouts, in every spelling",
    yaml: httpBootstrap({
      hcm: INTERNAL,
      routes: `- { match: { prefix: "/tries" }, route: { cluster: one, timeout: 3s, retry_policy: { retry_on: 5xx, per_try_timeout: 1s } } }
- { match: { prefix: "/part" }, route: { cluster: one, timeout: 2.0009s, retry_policy: { retry_on: 5xx, per_try_timeout: 0.0005s } } }
- { match: { prefix: "/none" }, route: { cluster: one, timeout: 0.0005s } }
- { match: { prefix: "/grpc" }, route: { cluster: one, max_grpc_timeout: 4s } }`,
    }),
    requests: [
      asking("/tries"),
      asking("/part"),
      asking("/none"),
      ...ASKED.flatMap((value) => [
        asking("/tries", ["x-envoy-upstream-rq-timeout-ms", value]),
        asking("/tries", ["x-envoy-upstream-rq-per-try-timeout-ms", value]),
      ]),
      asking("/tries", ["x-envoy-upstream-rq-timeout-ms", "500"], ["x-envoy-upstream-rq-timeout-ms", "600"]),
      ...["1S", "100000000S", "1 S", "-1S", "+1S", "5X", "99999999H"].map((value) =>
        asking("/grpc", GRPC, ["grpc-timeout", value]),
      ),
    ],
  },
  {
    title: "a request's line stands before those of the tries that its end ends",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("REQUEST %REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS%")}`,
      httpFilters: `- name: envoy.filters.http.router
  typed_config: { "@type": ${TYPE}envoy.extensions.filters.http.router.v3.Router, upstream_log_options: { flush_upstream_log_on_upstream_stream: true }, upstream_log: ${fileLog("%ACCESS_LOG_TYPE% %REQ(:path)% %RESPONSE_CODE%")} }`,
      routes: `- { match: { prefix: "/plain" }, route: { cluster: one } }
- { match: { prefix: "/follow" }, route: { cluster: one, internal_redirect_policy: { max_internal_redirects: 3 } } }
- { match: { prefix: "/direct" }, direct_response: { status: 200 } }`,
    }),
    reply: ({ target }) => {
      const at = target.indexOf("@");
      if (target.startsWith("/plain/silent")) return { afterwards: "silent" };
      return at < 0 ? { body: "plain" } : { status: 302, headers: [["location", target.slice(at + 1)]] };
    },
    observe: async (target) => {
      await sendSlowly(target, [
        { path: "/plain" },
        redirected("/follow", "http://example.test/plain/b"),
        redirected("/follow", "http://example.test/follow302@http://example.test/plain/c"),
        redirected("/follow", "http://example.test/direct"),
      ]);
      const connection = await target.connect();
      connection.write("GET /plain/silent HTTP/1.1\r\nhost: a\r\n\r\n");
      await new Promise((resolve) => setTimeout(resolve, 200));
      connection.reset();
    },
    accessLog: { file: "access.log", lines: 25 },
  },
  {
    title: "internal redirects to odd places",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %UPSTREAM_CLUSTER% %ROUTE_NAME% %FILTER_STATE(num_internal_redirects:PLAIN)%")}`,
      routes: `- { name: to, match: { prefix: "/to" }, route: { cluster: two } }
- { name: direct, match: { prefix: "/direct" }, direct_response: { status: 299 } }
- { name: follow, match: { prefix: "/follow/" }, route: { cluster: one, internal_redirect_policy: {} } }
- { name: zero, match: { prefix: "/zero/" }, route: { cluster: one, internal_redirect_policy: { max_internal_redirects: 0 } } }`,
    }),
    reply: ({ target }) => {
      const at = target.indexOf("@");
      return at < 0 ? { body: "plain" } : { status: 302, headers: [["location", target.slice(at + 1)]] };
    },
    requests: [
      "http://example.test",
      "http://example.test?q",
      "http://u:p@example.test/to",
      "HTTP://Example.TEST/to",
      "http://example.test:99999/to",
      "http://[::1]:80/to",
      "http://[::1/to",
      "//example.test/to",
      "to",
      "http:///to",
      "http://example.test/direct",
      "http://example.test//to",
    ]
      .map((location) => redirected("/follow/", location))
      .concat(redirected("/zero/", "http://example.test/to")),
    stats: ["bad_location", "unsafe_scheme", "too_many_redirects", "no_route"].map(
      (why) => `http.main.passthrough_internal_redirect_${why}`,
    ),
    accessLog: { file: "access.log", lines: 17 },
  },
  {
    title:
      "a retry's cluster is chosen anew by matchers and weights, not by headers, and held to the first one's breaker",
    yaml: httpBootstrap({
      hcm: TRIED_LOG,
      ...counted([
        refreshing("/tree", byAttempt({ "1": "b", "2": "tight" }, "a")),
        refreshing("/gone", byAttempt({ "1": "nowhere" }, "a")),
        refreshing(
          "/header",
          "cluster_header: x-c",
          ", request_headers_to_add: [{ header: { key: x-c, value: b }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }]",
        ),
        refreshing("/plain", "cluster: a"),
        refreshing(
          "/parts",
          "weighted_clusters: { header_name: x-draw, clusters: [{ name: a, weight: 1 }, { name: tight, weight: 1 }] }",
        ),
        refreshing(
          "/named",
          "weighted_clusters: { header_name: x-draw, clusters: [{ cluster_header: x-c, weight: 1 }, { name: b, weight: 1 }] }",
        ),
      ]),
      clusters:
        staticCluster("a", ["{{upstream}}"]) +
        staticCluster("b", ["{{upstream}}"]) +
        staticCluster("tight", ["{{upstream}}"], "circuit_breakers: { thresholds: [{ max_retries: 0 }] }"),
    }),
    reply: { status: 503 },
    requests: [
      asking("/tree"),
      asking("/gone"),
      asking("/header", ["x-c", "a"]),
      asking("/plain"),
      asking("/parts", ["x-draw", "0"]),
      asking("/parts", ["x-draw", "1"]),
      asking("/named", ["x-draw", "0"], ["x-c", "a"]),
      asking("/named", ["x-draw", "0"], ["x-c", "nowhere"]),
      asking("/named", ["x-draw", "1"], ["x-c", "nowhere"]),
      asking("/named", ["x-draw", "1"]),
    ],
    accessLog: { file: "access.log", lines: 10 },
    stats: ["a", "b", "tight"].flatMap((name) =>
      [
        "upstream_rq_total",
        "upstream_rq_retry",
        "upstream_rq_retry_limit_exceeded",
        "upstream_rq_retry_overflow",
        "upstream_rq_503",
        "upstream_cx_none_healthy",
      ].map((stat) => `cluster.${name}.${stat}`),
    ),
  },
  {
    title: "health checks that pass the filter are not counted by their answer",
    yaml: httpBootstrap({
      httpFilters: `- name: hc
  typed_config: { "@type": ${TYPE}envoy.extensions.filters.http.health_check.v3.HealthCheck, pass_through_mode: true, headers: [{ name: ":path", string_match: { exact: "/hc" } }] }
- name: envoy.filters.http.router
  typed_config: { "@type": ${TYPE}envoy.extensions.filters.http.router.v3.Router }`,
      routes: `- { match: { prefix: "/" }, stat_prefix: r, route: { cluster: one, retry_policy: { retry_on: 5xx, ${PROMPT} } } }`,
    }),
    reply: (request) => ({ status: request.method === "PUT" ? 503 : 200 }),
    requests: [{ path: "/hc" }, { path: "/x" }, { path: "/hc", method: "PUT" }],
    stats: [
      "cluster.one.upstream_rq_completed",
      "cluster.one.upstream_rq_200",
      "cluster.one.external.upstream_rq_200",
      "cluster.one.upstream_rq_total",
      "cluster.one.retry.upstream_rq_503",
      "vhost.all.route.r.upstream_rq_completed",
      "vhost.all.route.r.upstream_rq_total",
    ],
  },
  {
    title: "when a response says to come again, in every spelling",
    yaml: httpBootstrap({
      ...counted([
        `{ match: { prefix: "/" }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 1, ${PROMPT}, rate_limited_retry_back_off: { max_interval: 2s, reset_headers: [{ name: X-Unix, format: UNIX_TIMESTAMP }, { name: Retry-After }] } } } }`,
      ]),
    }),
    reply: (request) => {
      if (request.header("x-envoy-attempt-count") !== "1") return { body: "second" };
      const [, unix = "", after = ""] = request.target.split("/");
      const headers: Fields = [];
      if (unix !== "") headers.push(["x-unix", unix]);
      if (after !== "") headers.push(["retry-after", after]);
      return { status: 503, headers };
    },
    requests: paths("//0", "//-1", "//x", "//+1", "//1.5", "//3", "/1/3", "/99999999999/1"),
    stats: [
      "cluster.one.upstream_rq_retry_backoff_ratelimited",
      "cluster.one.upstream_rq_retry_backoff_exponential",
    ],
  },
  {
    title: "one interim response is passed on, without what the route takes off",
    yaml: httpBootstrap({
      hcm: "proxy_100_continue: true",
      routes: `- { match: { prefix: "/" }, route: { cluster: one }, response_headers_to_remove: [x-off], response_headers_to_add: [{ header: { key: x-add, value: "v" } }] }`,
    }),
    reply: ({ target }) => ({
      interim: target
        .slice(1)
        .split("-")
        .map((status) => ({
          status: Number(status),
          headers: [
            ["x-status", status],
            ["x-off", "1"],
          ],
        })),
      headers: [["x-off", "2"]],
      body: "b",
    }),
    observe: async (target) => {
      const seen: unknown[] = [];
      for (const path of ["/100", "/103", "/103-100", "/100-103", "/102"]) {
        const connection = await target.connect();
        connection.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
        const text = (await connection.reader.until("\r\nb")).toString("latin1");
        seen.push(text.split("\r\n").filter((line) => /^(HTTP|x-(status|off|add))/.test(line)));
        connection.destroy();
      }
      return seen;
    },
    stats: ["cluster.one.upstream_rq_1xx", "cluster.one.upstream_rq_completed"],
  },
  {
    title: "what follows an offer of another protocol waits for the upstream's answer",
    yaml: httpBootstrap({
      hcm: "upgrade_configs: [{ upgrade_type: websocket }, { upgrade_type: other }]",
      routes: `- { match: { prefix: "/" }, route: { cluster: slow } }`,
      clusters: staticCluster("slow", ["{{tcp}}"]),
    }),
    tcp: (socket) => {
      let got = "";
      socket.on("data", (data: Buffer) => {
        got += data.toString("latin1");
      });
      setTimeout(() => {
        const status = got.slice(5, 8);
        const early = got.slice(got.indexOf("\r\n\r\n") + 4);
        const head = `HTTP/1.1 ${status} X\r\nx-early: [${early.replaceAll("\r\n", "~")}]\r\n`;
        if (status === "101") {
          const before = got.length;
          socket.write(`${head}upgrade: other\r\nconnection: upgrade\r\n\r\n`);
          setTimeout(() => socket.end(`later [${got.slice(before)}]`), 200);
        } else socket.write(`${head}content-length: 2\r\n\r\nok`);
      }, 300);
    },
    observe: async (target) => {
      const seen: Record<string, readonly string[]> = {};
      for (const offer of ["other", "websocket"])
        for (const status of ["101", "200", "302", "403"]) {
          const connection = await target.connect();
          connection.write(
            `GET /${status} HTTP/1.1\r\nhost: a\r\nupgrade: ${offer}\r\nconnection: upgrade\r\n\r\n`,
          );
          await new Promise((resolve) => setTimeout(resolve, 50));
          connection.write("hello");
          const text = (await connection.closed()).toString("latin1");
          seen[`${offer} ${status}`] = text.split("\r\n").filter((line) => !/^(date|x-envoy)/.test(line));
        }
      return seen;
    },
  },
  {
    title: "a copy goes to the hosts that the request's metadata asks for",
    yaml: httpBootstrap({
      httpFilters: `- name: h
  typed_config: { "@type": ${TYPE}envoy.extensions.filters.http.header_to_metadata.v3.Config, request_rules: [{ header: x-v, on_header_present: { metadata_namespace: envoy.lb, key: v, type: STRING } }] }
- name: envoy.filters.http.router
  typed_config: { "@type": ${TYPE}envoy.extensions.filters.http.router.v3.Router }`,
      routes: `- { match: { prefix: "/meta" }, route: { cluster: two, metadata_match: { filter_metadata: { envoy.lb: { v: "1" } } }, request_mirror_policies: [{ cluster: sub }] } }
- { match: { prefix: "/" }, route: { cluster: two, request_mirror_policies: [{ cluster: sub }] } }`,
      clusters: `
- name: sub
  type: STATIC
  lb_subset_config: { fallback_policy: NO_FALLBACK, subset_selectors: [{ keys: [v] }] }
  load_assignment:
    cluster_name: sub
    endpoints:
    - lb_endpoints:
      - { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } }, metadata: { filter_metadata: { envoy.lb: { v: "1" } } } }
      - { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{dead}} } } }, metadata: { filter_metadata: { envoy.lb: { v: "2" } } } }`,
    }),
    ignoreUpstream: true,
    requests: [
      asking("/meta"),
      asking("/"),
      asking("/", ["x-v", "1"]),
      asking("/meta", ["x-v", "2"]),
      asking("/", ["x-v", "9"]),
    ],
    stats: [
      "upstream_rq_total",
      "upstream_cx_none_healthy",
      "upstream_cx_connect_fail",
      "upstream_rq_503",
    ].map((stat) => `cluster.sub.${stat}`),
  },
];

function paths(...list: string[]): CaseRequest[] {
  return list.map((path) => ({ path }));
}
