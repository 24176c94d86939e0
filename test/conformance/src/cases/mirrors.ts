import { waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { http2Exchange } from "../http2-exchange.ts";
import { seenRequests } from "../normalize.ts";

const LOG = `access_log: ${fileLog("%REQ(:method)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %ROUTE_NAME% %BYTES_RECEIVED%")}`;

const PREDICATES = "type.googleapis.com/envoy.extensions.internal_redirect";

/** Sends one by one and waits for each copy; what the mirror saw, by request. */
async function mirrored(
  target: Target,
  list: readonly (CaseRequest & { copies: number })[],
): Promise<unknown> {
  const seen: unknown[] = [];
  for (const request of list) {
    target.upstream2.clear();
    const { status, body } = await target.send(request);
    if (request.copies > 0) {
      const copied = waitFor(
        "the copy",
        () =>
          target.upstream2.requests.length >= request.copies &&
          target.upstream2.requests.every(({ complete }) => complete),
        { deadlineMs: 2_000 },
      );
      // What is missing is for the comparison to tell.
      await copied.catch(() => {});
    }
    // Two copies come in any order.
    const requests = target.upstream2.requests.toSorted((a, b) =>
      (a.header("host") ?? "") < (b.header("host") ?? "") ? -1 : 1,
    );
    const copies = requests.map(({ body: copy }) => copy.length);
    seen.push({
      status,
      body,
      copies,
      ...(copies.some((n) => n > 1000) ? {} : { seen: seenRequests(requests) }),
    });
  }
  target.upstream2.clear();
  return seen;
}

/** Copies whose last chunk is more than their cluster takes at once, and which have no length: what the mirror reads of them. */
async function filledByTheLastChunk(target: Target): Promise<unknown> {
  const { upstream2 } = target;
  upstream2.clear();
  for (const path of ["/full/a", "/full/b"]) {
    const copies = upstream2.requests.length;
    await http2Exchange(target, {
      send: (client) => {
        client.request(1, path, [], { method: "POST", endStream: false });
        client.data(1, "x".repeat(3_000), true);
      },
    });
    const copied = waitFor("the copy", () => upstream2.requests.length > copies, { deadlineMs: 2_000 });
    await copied.catch(() => {});
  }
  const seen = upstream2.requests.map(({ method, target: path, body }) => [method, path, body.length]);
  upstream2.clear();
  return seen;
}

export const MIRROR_CASES: readonly ConformanceCase[] = [
  {
    title: "requests are mirrored by the most specific level's policies",
    yaml: httpBootstrap({
      routeConfig: `name: local
request_mirror_policies: [{ cluster: two }]
virtual_hosts:
- name: plain
  domains: [plain.test]
  routes:
  - { match: { prefix: "/" }, route: { cluster: one } }
- name: all
  domains: ["*"]
  request_mirror_policies: [{ cluster: two, disable_shadow_host_suffix_append: true }]
  routes:
  - { match: { prefix: "/host" }, route: { cluster: one } }
  - { match: { prefix: "/own" }, route: { cluster: one, prefix_rewrite: "/new", request_mirror_policies: [{ cluster: two }, { cluster: two, disable_shadow_host_suffix_append: true }] } }
  - { match: { prefix: "/header" }, route: { cluster: one, request_mirror_policies: [{ cluster_header: x-copy-to }] } }
  - { match: { prefix: "/never" }, route: { cluster: one, request_mirror_policies: [{ cluster: two, runtime_fraction: { default_value: { numerator: 0 } } }] } }
  - { match: { prefix: "/always" }, route: { cluster: one, request_mirror_policies: [{ cluster: two, runtime_fraction: { default_value: { numerator: 100 } } }] } }
  - { match: { prefix: "/literal" }, route: { cluster: one, request_mirror_policies: [{ cluster: two, host_rewrite_literal: "copy.test" }] } }
  - { match: { prefix: "/edited" }, route: { cluster: one, request_mirror_policies: [{ cluster: two, request_headers_mutations: [{ append: { header: { key: x-copy, value: "yes %REQ(:path)%" } } }, { remove: x-secret }] }] } }
  - { match: { prefix: "/dead" }, route: { cluster: one, request_mirror_policies: [{ cluster: dead }] } }
  - { match: { prefix: "/full" }, route: { cluster: one, request_mirror_policies: [{ cluster: small }] } }`,
      clusters: staticCluster("small", ["{{upstream2}}"], "per_connection_buffer_limit_bytes: 1024"),
    }),
    observe: async (target) => ({
      copies: await mirrored(target, [
        { path: "/", headers: [["host", "plain.test"]], copies: 1 },
        { path: "/host", copies: 1 },
        { path: "/own?q", method: "POST", body: "copied", copies: 2 },
        { path: "/header", copies: 0 },
        { path: "/header", headers: [["x-copy-to", "two"]], copies: 1 },
        { path: "/header", headers: [["x-copy-to", "nowhere"]], copies: 0 },
        { path: "/never", copies: 0 },
        { path: "/always", method: "POST", body: "z".repeat(400_000), copies: 1 },
        { path: "/literal", copies: 1 },
        { path: "/edited", headers: [["x-secret", "s"]], copies: 1 },
        { path: "/dead", method: "POST", body: "b", copies: 0 },
      ]),
      full: await filledByTheLastChunk(target),
    }),
    stats: [
      "cluster.two.upstream_rq_total",
      "cluster.two.upstream_rq_200",
      "cluster.two.internal.upstream_rq_200",
      "cluster.dead.upstream_rq_503",
      "http.main.rq_total",
      "http.main.downstream_rq_total",
    ],
  },
  {
    title: "a redirection by the upstream is followed where the policy allows it",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { name: to, match: { prefix: "/to" }, route: { cluster: two } }
- { name: plain, match: { prefix: "/plain" }, route: { cluster: one } }
- { name: follow, match: { prefix: "/follow" }, route: { cluster: one, internal_redirect_policy: { redirect_response_codes: [302, 303, 307], response_headers_to_copy: [x-copied, x-dropped] } } }
- { name: twice, match: { prefix: "/twice" }, route: { cluster: one, internal_redirect_policy: { max_internal_redirects: 2 } } }
- { name: cross, match: { prefix: "/cross" }, route: { cluster: one, internal_redirect_policy: { allow_cross_scheme_redirect: true } } }
- { name: safe, match: { prefix: "/safe" }, route: { cluster: one, internal_redirect_policy: { allow_cross_scheme_redirect: true, predicates: [{ name: s, typed_config: { "@type": ${PREDICATES}.safe_cross_scheme.v3.SafeCrossSchemeConfig } }] } } }
- { name: listed, match: { prefix: "/listed" }, route: { cluster: one, internal_redirect_policy: { predicates: [{ name: l, typed_config: { "@type": ${PREDICATES}.allow_listed_routes.v3.AllowListedRoutesConfig, allowed_route_names: [to] } }] } } }
- { name: previous, match: { prefix: "/previous" }, route: { cluster: one, internal_redirect_policy: { max_internal_redirects: 9, predicates: [{ name: p, typed_config: { "@type": ${PREDICATES}.previous_routes.v3.PreviousRoutesConfig } }] } } }`,
    }),
    reply: (request) => {
      const { target } = request;
      const at = target.indexOf("@");
      if (at < 0) return { body: "plain" };
      const path = target.slice(0, target.indexOf("?"));
      const code = target.slice(path.length + 1, at);
      const location = target.slice(at + 1);
      return {
        status: Number(code),
        headers: [
          ["location", location],
          ["x-copied", path],
        ],
        body: "redirect",
      };
    },
    requests: [
      { path: "/plain?302@http://example.test/to" },
      { path: "/follow?302@http://other.test:81/to/x?y=1%23z", headers: [["x-dropped", "1"]] },
      { path: "/follow?301@http://example.test/to" },
      { path: "/follow?303@http://example.test/to", method: "POST", body: "dropped" },
      { path: "/follow?307@http://example.test/to", method: "POST", body: "kept" },
      { path: "/follow?302@/to" },
      { path: "/follow?302@https://example.test/to" },
      { path: "/follow?302@http://example.test/none" },
      { path: "/twice?302@http://example.test/twice?302@http://example.test/to" },
      { path: "/follow?302@http://example.test/follow?302@http://example.test/to" },
      { path: "/cross?302@https://example.test/to" },
      { path: "/safe?302@https://example.test/to" },
      { path: "/listed?302@http://example.test/to" },
      { path: "/listed?302@http://example.test/plain" },
      { path: "/previous?302@http://example.test/previous?302@http://example.test/to" },
      { path: "/follow?302@" },
    ],
    stats: [
      "cluster.one.upstream_internal_redirect_succeeded_total",
      "cluster.one.upstream_internal_redirect_failed_total",
      "http.main.passthrough_internal_redirect_bad_location",
      "http.main.passthrough_internal_redirect_unsafe_scheme",
      "http.main.passthrough_internal_redirect_too_many_redirects",
      "http.main.passthrough_internal_redirect_no_route",
      "http.main.passthrough_internal_redirect_predicate",
      "http.main.downstream_rq_total",
      "http.main.downstream_rq_completed",
      "http.main.downstream_rq_3xx",
      "http.main.rq_total",
    ],
    accessLog: { file: "access.log", lines: 26 },
  },
  {
    title: "the router checks, suppresses and counts as configured",
    yaml: httpBootstrap({
      httpFilters: `- name: envoy.filters.http.router
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
    suppress_envoy_headers: true
    strict_check_headers: [x-envoy-upstream-rq-timeout-ms, x-envoy-retry-on, x-envoy-max-retries, x-envoy-retry-grpc-on, x-envoy-upstream-rq-per-try-timeout-ms]
    suppress_grpc_request_failure_code_stats: true
    upstream_log_options: { flush_upstream_log_on_upstream_stream: true }
    upstream_log: ${fileLog("%ACCESS_LOG_TYPE% %REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %RESP(content-length)% tries=%UPSTREAM_REQUEST_ATTEMPT_COUNT% %PROTOCOL% %BYTES_RECEIVED% %BYTES_SENT%", "upstream.log")}`,
      hcm: `use_remote_address: true
internal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }`,
      virtualHost: `virtual_clusters:
- { name: posts, headers: [{ name: ":method", string_match: { exact: POST } }] }
- { name: five, headers: [{ name: ":path", string_match: { prefix: /five } }] }`,
      routes: `- { match: { prefix: "/five" }, stat_prefix: fives, route: { cluster: one, prefix_rewrite: "/rewritten", host_rewrite_literal: new.test, retry_policy: { retry_on: 5xx, num_retries: 1, ${"retry_back_off: { base_interval: 0.001s }"} } } }
- { match: { prefix: "/dead" }, route: { cluster: dead } }
- { match: { prefix: "/" }, stat_prefix: rest, route: { cluster: one } }`,
    }),
    reply: (request) =>
      request.target.startsWith("/rewritten")
        ? { status: 500, body: "bad" }
        : {
            body: "one",
            headers: [["x-envoy-upstream-canary", request.target === "/canary" ? "true" : "false"]],
          },
    requests: [
      { path: "/five" },
      { path: "/" },
      { path: "/canary" },
      { path: "/", method: "POST", body: "post" },
      { path: "/dead" },
      { path: "/grpc", headers: [["content-type", "application/grpc"]] },
      { path: "/alt", headers: [["x-envoy-upstream-alt-stat-name", "other"]] },
      ...[
        ["x-envoy-upstream-rq-timeout-ms", "soon"],
        ["x-envoy-retry-on", "5xx,never"],
        ["x-envoy-max-retries", "-1"],
        ["x-envoy-retry-grpc-on", "cancelled"],
        ["x-envoy-upstream-rq-per-try-timeout-ms", "1.5"],
      ].map(([name = "", value = ""]): CaseRequest => ({ path: "/", headers: [[name, value]] })),
    ],
    stats: [
      "cluster.one.upstream_rq_completed",
      "cluster.one.upstream_rq_200",
      "cluster.one.canary.upstream_rq_200",
      "cluster.one.internal.upstream_rq_2xx",
      "cluster.one.external.upstream_rq_2xx",
      "cluster.one.other.upstream_rq_200",
      "cluster.one.other.internal.upstream_rq_200",
      "vhost.all.vcluster.posts.upstream_rq_total",
      "vhost.all.vcluster.posts.upstream_rq_200",
      "vhost.all.vcluster.five.upstream_rq_500",
      "vhost.all.vcluster.five.upstream_rq_retry",
      "vhost.all.vcluster.five.upstream_rq_retry_limit_exceeded",
      "vhost.all.vcluster.other.upstream_rq_2xx",
      "vhost.all.vcluster.other.upstream_rq_total",
      "vhost.all.route.fives.upstream_rq_total",
      "vhost.all.route.fives.upstream_rq_5xx",
      "vhost.all.route.fives.upstream_rq_retry",
      "vhost.all.route.rest.upstream_rq_completed",
      "vhost.all.route.rest.upstream_rq_total",
    ],
    accessLog: { file: "upstream.log", lines: 16 },
  },
];
