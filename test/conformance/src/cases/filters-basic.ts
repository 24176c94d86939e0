import { fileLog, httpBootstrap, staticCluster, WITH_TRAILERS } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;

function filter(name: string, type: string, config: string): string {
  return `- name: ${name}\n  typed_config: { "@type": ${TYPES}.${type}${config === "" ? "" : `, ${config}`} }\n${ROUTER}`;
}

function perRoute(name: string, type: string, config: string): string {
  return `typed_per_filter_config: { ${name}: { "@type": ${TYPES}.${type}, ${config} } }`;
}

/** Details, flags and dynamic metadata of each request in the access log. */
function logged(format: string): string {
  return `access_log: ${fileLog(format)}`;
}

const post = (path: string, headers: CaseRequest["headers"] = []): CaseRequest => ({
  method: "POST",
  path,
  headers,
});
const named = (cluster: string | undefined): [string, string][] =>
  cluster === undefined ? [] : [["x-envoy-downstream-service-cluster", cluster]];
const FULL = "{ default_value: { numerator: 100 } }";
const NONE = "{ default_value: { numerator: 0 } }";
/** SHA-1 of "secret" and of "other:pass". */
const USERS = "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

export const BASIC_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "csrf refuses what comes from elsewhere, by route and in the shadow",
    yaml: httpBootstrap({
      hcm: logged("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%"),
      httpFilters: filter(
        "csrf",
        "csrf.v3.CsrfPolicy",
        `filter_enabled: ${FULL}, additional_origins: [{ exact: friend.test }, { safe_regex: { regex: ".*[.]more[.]test" } }]`,
      ),
      routes: `- { match: { prefix: "/shadow" }, route: { cluster: one }, ${perRoute("csrf", "csrf.v3.CsrfPolicy", `filter_enabled: ${NONE}, shadow_enabled: ${FULL}`)} }
- { match: { prefix: "/off" }, route: { cluster: one }, ${perRoute("csrf", "csrf.v3.CsrfPolicy", `filter_enabled: ${NONE}`)} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      { path: "/", headers: [["origin", "http://evil.test"]] },
      post("/"),
      post("/", [["origin", "http://example.test"]]),
      post("/", [["origin", "https://example.test"]]),
      post("/", [["origin", "http://example.test:80"]]),
      post("/", [["origin", "example.test"]]),
      post("/", [["origin", "null"]]),
      post("/", [["origin", "http://evil.test"]]),
      post("/", [["origin", "http://friend.test"]]),
      post("/", [["origin", "http://a.more.test"]]),
      post("/", [["referer", "http://example.test/page?x#y"]]),
      post("/", [["referer", "http://evil.test/example.test"]]),
      { method: "DELETE", path: "/", headers: [["origin", "http://evil.test"]] },
      { method: "PATCH", path: "/x", headers: [["origin", "http://evil.test"]] },
      { method: "OPTIONS", path: "/x", headers: [["origin", "http://evil.test"]] },
      post("/shadow", [["origin", "http://evil.test"]]),
      post("/off", [["origin", "http://evil.test"]]),
    ],
    stats: ["missing_source_origin", "request_invalid", "request_valid"].map(
      (name) => `http.main.csrf.${name}`,
    ),
    accessLog: { file: "access.log", lines: 17 },
  },
  {
    title: "basic_auth asks for a user's password, by route too",
    yaml: httpBootstrap({
      hcm: logged("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %DYNAMIC_METADATA(auth)%"),
      httpFilters: filter(
        "auth",
        "basic_auth.v3.BasicAuth",
        `users: { inline_string: "${USERS}" }, forward_username_header: X-User, emit_dynamic_metadata: true`,
      ).replace(
        ROUTER,
        `- { name: again, typed_config: { "@type": ${TYPES}.basic_auth.v3.BasicAuth, users: { inline_string: "${USERS}" }, authentication_header: X-Auth, allow_missing: true, realm: again } }\n${ROUTER}`,
      ),
      routes: `- { match: { prefix: "/route" }, route: { cluster: one }, ${perRoute("auth", "basic_auth.v3.BasicAuthPerRoute", `users: { inline_string: "eve:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=" }`)} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      { path: "/" },
      { path: "/q?x=1", headers: [["authorization", "Bearer abc"]] },
      { path: "/", headers: [["authorization", "Basic"]] },
      { path: "/", headers: [["authorization", "Basic bm9jb2xvbg=="]] },
      { path: "/", headers: [["authorization", basic("ann:secret")]] },
      { path: "/", headers: [["authorization", basic("ann:wrong")]] },
      { path: "/", headers: [["authorization", basic("nobody:secret")]] },
      { path: "/", headers: [["authorization", basic("bob:secret").replace("Basic", "basic")]] },
      { path: "/route", headers: [["authorization", basic("ann:secret")]] },
      { path: "/route", headers: [["authorization", basic("eve:secret")]] },
      ...["garbage", "", basic("ann:wrong")].map(
        (second): CaseRequest => ({
          path: "/again",
          headers: [
            ["authorization", basic("ann:secret")],
            ["x-auth", second],
          ],
        }),
      ),
    ],
    stats: ["http.main.basic_auth.allowed", "http.main.basic_auth.denied"],
    accessLog: { file: "access.log", lines: 13 },
  },
  {
    title: "set_metadata and header_to_metadata fill dynamic metadata",
    yaml: httpBootstrap({
      hcm: logged(
        "%DYNAMIC_METADATA(one)% %DYNAMIC_METADATA(two)% %DYNAMIC_METADATA(from)% %DYNAMIC_METADATA(envoy.filters.http.header_to_metadata)%",
      ),
      httpFilters: `- name: set
  typed_config: { "@type": ${TYPES}.set_metadata.v3.Config, metadata: [ { metadata_namespace: one, value: { a: 1, list: [x], deep: { k: v } } }, { metadata_namespace: one, value: { b: never } }, { metadata_namespace: one, allow_overwrite: true, value: { a: 2, list: [y], deep: { l: w }, c: true } }, { metadata_namespace: two, value: { s: text } } ] }
- name: header
  typed_config:
    "@type": ${TYPES}.header_to_metadata.v3.Config
    stat_prefix: counted
    request_rules:
      - { header: x-cut, on_header_present: { key: cut, regex_value_rewrite: { pattern: { regex: ".*" }, substitution: "" } } }
      - { header: x-version, on_header_present: { metadata_namespace: from, key: version }, on_header_missing: { metadata_namespace: from, key: version, value: none }, remove: true }
      - { header: x-number, on_header_present: { metadata_namespace: from, key: number, type: NUMBER } }
      - { header: ":path", on_header_present: { metadata_namespace: from, key: first, regex_value_rewrite: { pattern: { regex: "^/([^/?]+).*" }, substitution: "\\\\1" } } }
      - { cookie: session, on_header_present: { key: session, encode: BASE64 } }
      - { header: x-fixed, on_header_present: { key: fixed, value: sure } }
    response_rules:
      - { header: x-answer, on_header_present: { metadata_namespace: from, key: answer }, on_header_missing: { metadata_namespace: from, key: answer, value: silent }, remove: true }
${ROUTER}`,
    }),
    reply: ({ target }) =>
      target.startsWith("/answer") ? { body: "one", headers: [["x-answer", "42"]] } : { body: "one" },
    requests: [
      { path: "/answer/x" },
      {
        path: "/shop/cart?q",
        headers: [
          ["x-version", "v1"],
          ["x-number", "12.5"],
          ["cookie", "a=b; session=aGVsbG8="],
          ["x-fixed", "whatever"],
        ],
      },
      {
        path: "/",
        headers: [
          ["x-version", "a"],
          ["x-version", "b"],
          ["x-number", "no number"],
          ["x-fixed", ""],
        ],
      },
      {
        path: "/failing",
        headers: [
          ["x-version", "v".repeat(8192)],
          ["x-number", ""],
          ["cookie", "session=aGVsbG8"],
          ["x-cut", "away"],
        ],
      },
      { path: "/no-base64", headers: [["cookie", "session=a?c"]] },
    ],
    stats: [
      "http.main.set_metadata.overwrite_denied",
      ...["request", "response"].flatMap((direction) =>
        ["rules_processed", "metadata_added", "header_not_found"].map(
          (name) => `http_filter_name.counted.${direction}_${name}`,
        ),
      ),
      ...["base64_decode_failed", "header_value_too_long", "regex_substitution_failed"].map(
        (name) => `http_filter_name.counted.${name}`,
      ),
    ],
    accessLog: { file: "access.log", lines: 5 },
  },
  {
    title: "health_check answers checks, or passes them on and remembers",
    yaml: httpBootstrap({
      hcm: logged("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%"),
      httpFilters: `- { name: direct, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: false, headers: [{ name: ":path", string_match: { exact: /direct } }] } }
- { name: clusters, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: false, cluster_min_healthy_percentages: { one: { value: 50 }, two: { value: 100 } }, headers: [{ name: ":path", string_match: { exact: /clusters } }] } }
- { name: absent, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: false, cluster_min_healthy_percentages: { nothing: { value: 50 } }, headers: [{ name: ":path", string_match: { exact: /absent } }] } }
- { name: empty, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: false, cluster_min_healthy_percentages: { empty: { value: 50 } }, headers: [{ name: ":path", string_match: { exact: /empty } }] } }
- { name: cached, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: true, cache_time: 60s, headers: [{ name: ":path", string_match: { exact: /cached } }] } }
- { name: failing, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: true, cache_time: 60s, headers: [{ name: ":path", string_match: { exact: /failing } }] } }
- { name: zero, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: false, cluster_min_healthy_percentages: { empty: { value: 0.9 } }, headers: [{ name: ":path", string_match: { exact: /zero } }] } }
- { name: passed, typed_config: { "@type": ${TYPES}.health_check.v3.HealthCheck, pass_through_mode: true, headers: [{ name: ":path", string_match: { exact: /passed } }] } }
${ROUTER}`,
      clusters: `
- { name: empty, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: empty } }`,
    }),
    reply: ({ target }) =>
      target === "/cached"
        ? { status: 201, body: "one", headers: [["x-envoy-degraded", "1"]] }
        : { status: target === "/failing" ? 500 : 200, body: "one" },
    requests: [
      { path: "/direct" },
      { path: "/direct", method: "POST", body: "some body" },
      { path: "/clusters" },
      { path: "/absent" },
      { path: "/empty" },
      { path: "/cached" },
      { path: "/cached" },
      { path: "/failing" },
      { path: "/failing" },
      { path: "/zero" },
      { path: "/passed" },
      { path: "/other" },
    ],
    observe: async (target) => {
      await target.proxy.admin("/healthcheck/fail", "POST");
      const answers = [];
      for (const path of ["/direct", "/clusters", "/passed", "/other"])
        answers.push(await target.send({ path }));
      await target.proxy.admin("/healthcheck/ok", "POST");
      answers.push(await target.send({ path: "/direct" }));
      return answers;
    },
    stats: [
      ...[
        "request_total",
        "ok",
        "failed",
        "cached_response",
        "degraded",
        "failed_cluster_not_found",
        "failed_cluster_empty",
        "failed_cluster_unhealthy",
      ].map((name) => `http.main.health_check.${name}`),
      ...["tracing.health_check", "downstream_rq_total", "downstream_rq_completed", "downstream_rq_2xx"].map(
        (name) => `http.main.${name}`,
      ),
    ],
    accessLog: { file: "access.log", lines: 17 },
  },
  {
    title: "fault aborts and delays, by configuration, route and the request's headers",
    yaml: httpBootstrap({
      hcm: logged(
        "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %DYNAMIC_METADATA(fault)% %DYNAMIC_METADATA(envoy.filters.http.fault)%",
      ),
      httpFilters: filter(
        "fault",
        "fault.v3.HTTPFault",
        "abort: { header_abort: {}, percentage: { numerator: 100 } }, delay: { header_delay: {}, percentage: { numerator: 100 } }",
      ),
      routes: `- { match: { prefix: "/http" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "abort: { http_status: 418, percentage: { numerator: 100 } }, headers: [{ name: x-fault, present_match: true }]")} }
- { match: { prefix: "/grpc" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "abort: { grpc_status: 14, percentage: { numerator: 100 } }")} }
- { match: { prefix: "/cluster" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "filter_metadata: { a: b }, abort: { http_status: 503, percentage: { numerator: 100 } }")} }
- { match: { prefix: "/delay" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "delay: { fixed_delay: 0.05s, percentage: { numerator: 100 } }, abort: { http_status: 429, percentage: { numerator: 100 } }, headers: [{ name: x-fault, present_match: true }]")} }
- { match: { prefix: "/never" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "abort: { http_status: 429, percentage: { numerator: 0 } }")} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      { path: "/http" },
      { path: "/http", headers: [["x-fault", ""]] },
      {
        path: "/http",
        headers: [
          ["x-fault", "1"],
          ["x-envoy-downstream-service-cluster", "web"],
        ],
      },
      { path: "/grpc" },
      { path: "/grpc", headers: [["content-type", "application/grpc"]] },
      { path: "/cluster" },
      { path: "/delay", headers: [["x-fault", "1"]], method: "POST", body: "abc" },
      { path: "/never" },
      { path: "/", headers: [["x-envoy-fault-abort-request", "404"]] },
      { path: "/", headers: [["x-envoy-fault-abort-request", "900"]] },
      { path: "/", headers: [["x-envoy-fault-abort-grpc-request", "5"]] },
      {
        path: "/",
        headers: [
          ["x-envoy-fault-abort-request", "404"],
          ["x-envoy-fault-abort-request-percentage", "0"],
        ],
      },
      { path: "/", headers: [["x-envoy-fault-delay-request", "20"]], method: "POST", body: "abc" },
      {
        path: "/",
        headers: [
          ["x-envoy-fault-delay-request", "20"],
          ["x-envoy-fault-abort-request", "500"],
        ],
      },
    ],
    stats: [
      "http.main.fault.aborts_injected",
      "http.main.fault.delays_injected",
      "http.main.fault.active_faults",
      "http.main.fault.web.aborts_injected",
    ],
    accessLog: { file: "access.log", lines: 14 },
  },
  {
    title: "fault slows responses down, with trailers, at a fixed rate or the one asked for",
    yaml: httpBootstrap({
      hcm: `http_protocol_options: { enable_trailers: true }\n${logged("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_SENT%")}`,
      httpFilters: filter(
        "fault",
        "fault.v3.HTTPFault",
        "response_rate_limit: { header_limit: {}, percentage: { numerator: 100 } }",
      ),
      routes: `- { match: { prefix: "/fixed" }, route: { cluster: trailing }, ${perRoute("fault", "fault.v3.HTTPFault", "response_rate_limit: { fixed_limit: { limit_kbps: 4 }, percentage: { numerator: 100 } }")} }
- { match: { prefix: "/abort" }, route: { cluster: trailing }, ${perRoute("fault", "fault.v3.HTTPFault", "max_active_faults: 0, response_rate_limit: { fixed_limit: { limit_kbps: 4 }, percentage: { numerator: 100 } }")} }
- { match: { prefix: "/" }, route: { cluster: trailing } }`,
      clusters: staticCluster("trailing", ["{{upstream}}"], WITH_TRAILERS),
    }),
    reply: ({ target }) =>
      target === "/fixed/trailers"
        ? { chunks: ["x".repeat(1000)], trailers: [["x-end", "1"]] }
        : { body: "x".repeat(1000) },
    observe: async (target) => {
      const seen = [];
      const rate = "x-envoy-fault-throughput-response";
      const asked: CaseRequest[] = [
        { path: "/fixed" },
        { path: "/fixed/trailers" },
        { path: "/asked", headers: [[rate, "4"]] },
        { path: "/asked/0", headers: [[rate, "0"]] },
        {
          path: "/asked/share",
          headers: [
            [rate, "4"],
            [`${rate}-percentage`, "0"],
          ],
        },
        { path: "/abort" },
        { path: "/" },
      ];
      for (const [i, request] of asked.entries()) {
        const startedMs = performance.now();
        const { body, trailers } = await target.send(request);
        const slow = performance.now() - startedMs >= 180;
        seen.push({ path: request.path, bytes: body.length, trailers, ...(i < 3 ? { slow } : {}) });
      }
      return seen;
    },
    ignoreUpstream: true,
    stats: [
      "http.main.fault.response_rl_injected",
      "http.main.fault.active_faults",
      "http.main.fault.faults_overflow",
    ],
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "fault asks the runtime, by the downstream's cluster where the request names it",
    yaml: httpBootstrap({
      hcm: logged("%REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %GRPC_STATUS_NUMBER%"),
      httpFilters: filter(
        "fault",
        "fault.v3.HTTPFault",
        "abort: { http_status: 503, percentage: { numerator: 0 } }, delay: { fixed_delay: 0.001s, percentage: { numerator: 0 } }",
      ),
      routes: `- { match: { prefix: "/grpc" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "abort: { grpc_status: 5, percentage: { numerator: 100 } }, delay: { fixed_delay: 0.001s, percentage: { numerator: 100 } }, disable_downstream_cluster_stats: true, max_active_faults_runtime: most, downstream_nodes: [here]")} }
- { match: { prefix: "/own" }, route: { cluster: one }, ${perRoute("fault", "fault.v3.HTTPFault", "abort: { http_status: 503 }, abort_percent_runtime: own.percent, abort_http_status_runtime: own.status")} }
- { match: { prefix: "/" }, route: { cluster: one } }`,
      bootstrap: `layered_runtime: { layers: [{ name: static, static_layer: {
  fault.http.abort.http_status: 404, fault.http.delay.fixed_duration_ms: 0, fault.http.abort.grpc_status: 9, own.percent: 100, own.status: 418,
  fault.http.a.abort.abort_percent: 100, fault.http.b.abort.abort_percent: 100, fault.http.b.abort.http_status: 418,
  fault.http.c.delay.fixed_delay_percent: 100, fault.http.c.delay.fixed_duration_ms: 5, fault.http.c.abort.grpc_status: 8 } }] }`,
    }),
    requests: ["/", "/grpc", "/own"].flatMap((path) =>
      ["a", "b", "c", "", undefined].map(
        (cluster): CaseRequest => ({
          path: `${path}?${cluster}`,
          headers: [
            ["x-envoy-downstream-service-node", cluster === "b" ? "there" : "here"],
            ...named(cluster),
          ],
        }),
      ),
    ),
    stats: ["aborts_injected", "delays_injected", "a.aborts_injected", "c.delays_injected"].map(
      (name) => `http.main.fault.${name}`,
    ),
    accessLog: { file: "access.log", lines: 15 },
  },
  {
    title: "grpc_stats counts calls and messages by method",
    yaml: httpBootstrap({
      hcm: logged(
        "%FILTER_STATE(envoy.filters.http.grpc_stats)% %FILTER_STATE(envoy.filters.http.grpc_stats:PLAIN)%",
      ),
      httpFilters: filter(
        "grpc",
        "grpc_stats.v3.FilterConfig",
        "stats_for_all_methods: true, emit_filter_state: true, replace_dots_in_grpc_service_name: true",
      ),
    }),
    reply: ({ target }) => ({
      headers: [
        ["content-type", "application/grpc"],
        ["grpc-status", target.endsWith("Fail") ? "7" : "0"],
      ],
      body: target.endsWith("Fail") ? "" : "\0\0\0\0\u0003abc\0\0\0\0\0",
    }),
    requests: [
      {
        method: "POST",
        path: "/a.b.Shop/Buy",
        headers: [["content-type", "application/grpc"]],
        body: "\0\0\0\0\u0002xy",
      },
      {
        method: "POST",
        path: "/a.b.Shop/Fail",
        headers: [["content-type", "application/grpc+proto"]],
        body: "",
      },
      { method: "POST", path: "/a.b.Shop/Buy", headers: [["content-type", "application/json"]], body: "{}" },
      ...["/Buy", "/a.b/Shop/Buy"].map(
        (path): CaseRequest => ({
          method: "POST",
          path,
          headers: [["content-type", "application/grpc"]],
          body: "\0\0\0\0\u0002xy",
        }),
      ),
    ],
    accessLog: { file: "access.log", lines: 5 },
    stats: ["Buy.request_message_count", "Buy.response_message_count", "Fail.7", "Fail.failure", "Fail.total"]
      .map((name) => `cluster.one.grpc.a_b_Shop.${name}`)
      .concat("cluster.one.grpc.request_message_count"),
  },
];
