import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
const LIMIT = `"@type": ${TYPES}.local_ratelimit.v3.LocalRateLimit`;
const ALL = "{ default_value: { numerator: 100 } }";
const NONE = "{ default_value: { numerator: 0 } }";
const ON = `filter_enabled: ${ALL}, filter_enforced: ${ALL}`;
/** Slow enough that nothing comes back during a case, whatever its pace. */
const bucket = (tokens: number, fill = "3050s"): string =>
  `{ max_tokens: ${tokens}, tokens_per_fill: 1, fill_interval: ${fill} }`;
const LOG = `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%")}`;

const times = (count: number, request: CaseRequest): CaseRequest[] =>
  Array.from({ length: count }, () => request);
const header = (name: string, value: string): CaseRequest => ({ path: "/", headers: [[name, value]] });
const stats = (prefix: string): string[] =>
  ["enabled", "ok", "rate_limited", "enforced"].map((name) => `${prefix}.http_local_rate_limit.${name}`);

const route = (path: string, more: string, action = ""): string =>
  `- { match: { prefix: "${path}" }, route: { cluster: one${action} }, typed_per_filter_config: { limit: { ${LIMIT}, ${more} } } }`;
const key = (value: string, more = ""): string =>
  `{ actions: [{ generic_key: { descriptor_value: ${value} } }]${more} }`;
const descriptor = (value: string, tokens: number, fill?: string): string =>
  `{ entries: [{ key: generic_key, value: ${value} }], token_bucket: ${bucket(tokens, fill)} }`;

export const LOCAL_RATE_LIMIT_CASES: readonly ConformanceCase[] = [
  {
    title: "local_ratelimit limits by its own descriptors, with headers that say how",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: `- name: limit
  typed_config:
    ${LIMIT}
    stat_prefix: own
    filter_enabled: ${ALL}
    filter_enforced: ${ALL}
    token_bucket: ${bucket(20)}
    enable_x_ratelimit_headers: DRAFT_VERSION_03
    enable_retry_after_header: true
    response_headers_to_add:
    - { header: { key: x-limited, value: "%REQ(x-tenant)%" } }
    rate_limits:
    - actions: [{ request_headers: { header_name: x-tenant, descriptor_key: tenant } }]
    - actions: [{ request_headers: { header_name: x-quiet, descriptor_key: quiet } }]
      x_ratelimit_option: "OFF"
    - actions: [{ request_headers: { header_name: x-client, descriptor_key: client } }]
    - actions: [{ request_headers: { header_name: x-tried, descriptor_key: tried } }]
    - actions: [{ request_headers: { header_name: x-tenant, descriptor_key: tenant } }, { request_headers: { header_name: x-user, descriptor_key: user } }]
    descriptors:
    - { entries: [{ key: tenant, value: a }], token_bucket: ${bucket(2)} }
    - { entries: [{ key: tenant, value: a }, { key: user, value: u }], token_bucket: ${bucket(1, "5050s")} }
    - { entries: [{ key: quiet, value: "yes" }], token_bucket: ${bucket(1)} }
    - { entries: [{ key: client }], token_bucket: ${bucket(1)} }
    - { entries: [{ key: client, value: fixed }], token_bucket: ${bucket(3)} }
    - { entries: [{ key: tried, value: "yes" }], token_bucket: ${bucket(1)}, shadow_mode: true }
    max_dynamic_descriptors: 2
    request_headers_to_add_when_not_enforced: [{ header: { key: x-over, value: "%REQ(:path)%" } }]
${ROUTER}`,
      routes: `- { match: { prefix: "/direct" }, direct_response: { status: 200, body: { inline_string: here } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      ...times(2, {
        path: "/",
        headers: [
          ["x-tenant", "a"],
          ["x-user", "u"],
        ],
      }),
      ...times(2, header("x-tenant", "a")),
      header("x-tenant", "b"),
      ...times(2, header("x-quiet", "yes")),
      { path: "/direct", headers: [["x-quiet", "yes"]] },
      ...["a", "a", "b", "b", "fixed", "a", "c", "a", "b", "fixed"].map((name) => header("x-client", name)),
      ...times(4, header("x-tried", "yes")),
      {
        path: "/",
        headers: [
          ["x-tried", "yes"],
          ["x-client", "c"],
        ],
      },
      ...times(7, { path: "/" }),
      { path: "/", headers: [["content-type", "application/grpc"]], method: "POST" },
    ],
    stats: [...stats("own"), "own.http_local_rate_limit.shadow_mode"],
    accessLog: { file: "access.log", lines: 31 },
  },
  {
    title: "local_ratelimit limits by route, its stages and its virtual host",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: `- { name: limit, typed_config: { ${LIMIT}, stat_prefix: idle } }\n${ROUTER}`,
      virtualHost: `rate_limits: [${key("host")}, ${key("staged-host", ", stage: 1")}]`,
      routes: `${route("/plain", `stat_prefix: plain, ${ON}, token_bucket: ${bucket(2)}`)}
${route("/status", `stat_prefix: status, ${ON}, token_bucket: ${bucket(0)}, status: { code: 503 }, enable_retry_after_header: true, enable_x_ratelimit_headers: DRAFT_VERSION_03`)}
${route("/low", `stat_prefix: status, ${ON}, token_bucket: ${bucket(0)}, status: { code: 200 }`)}
${route("/grpc", `stat_prefix: grpc, ${ON}, token_bucket: ${bucket(0)}, rate_limited_as_resource_exhausted: true`)}
${route("/shadow", `stat_prefix: shadow, filter_enabled: ${ALL}, filter_enforced: ${NONE}, token_bucket: ${bucket(1)}, request_headers_to_add_when_not_enforced: [{ header: { key: x-over, value: "%REQ(:path)%" } }]`)}
${route("/unset", `stat_prefix: unset, filter_enabled: ${ALL}, token_bucket: ${bucket(1)}`)}
${route("/override", `stat_prefix: override, ${ON}, token_bucket: ${bucket(5)}, descriptors: [${descriptor("host", 1)}, ${descriptor("own", 2)}]`, `, rate_limits: [${key("own")}]`)}
${route("/host", `stat_prefix: host, ${ON}, token_bucket: ${bucket(5)}, descriptors: [${descriptor("host", 1)}]`)}
${route("/include", `stat_prefix: include, ${ON}, vh_rate_limits: INCLUDE, token_bucket: ${bucket(5)}, descriptors: [${descriptor("host", 1)}, ${descriptor("own", 2)}]`, `, rate_limits: [${key("own")}]`)}
${route("/ignore", `stat_prefix: ignore, ${ON}, vh_rate_limits: IGNORE, token_bucket: ${bucket(5)}, descriptors: [${descriptor("host", 0)}]`)}
${route("/also", `stat_prefix: also, ${ON}, vh_rate_limits: IGNORE, token_bucket: ${bucket(5)}, descriptors: [${descriptor("host", 0)}]`, ", include_vh_rate_limits: true")}
${route("/stage", `stat_prefix: stage, ${ON}, stage: 1, token_bucket: ${bucket(5)}, descriptors: [${descriptor("staged-host", 0)}]`)}
${route("/keyed", `stat_prefix: keyed, ${ON}, token_bucket: ${bucket(5)}, descriptors: [${descriptor("own", 0)}]`, `, rate_limits: [${key("own", ", disable_key: k")}]`)}
${route("/apart", `stat_prefix: apart, ${ON}, always_consume_default_token_bucket: false, token_bucket: ${bucket(1)}, enable_x_ratelimit_headers: DRAFT_VERSION_03, descriptors: [${descriptor("own", 2)}]`, `, rate_limits: [{ actions: [{ header_value_match: { descriptor_key: generic_key, descriptor_value: own, headers: [{ name: x-own, present_match: true }] } }] }]`)}
${route("/hits", `stat_prefix: hits, ${ON}, token_bucket: ${bucket(5)}, descriptors: [${descriptor("own", 2)}]`, `, rate_limits: [${key("own", ", hits_addend: { number: 2 }")}]`)}
${route("/own", `stat_prefix: connection, ${ON}, local_rate_limit_per_downstream_connection: true, token_bucket: ${bucket(1)}`)}
${route("/together", `stat_prefix: together, ${ON}, local_cluster_rate_limit: {}, token_bucket: ${bucket(5)}, enable_x_ratelimit_headers: DRAFT_VERSION_03, descriptors: [${descriptor("own", 2)}]`, `, rate_limits: [{ actions: [{ header_value_match: { descriptor_key: generic_key, descriptor_value: own, headers: [{ name: x-own, present_match: true }] } }] }]`)}
- { match: { prefix: "/" }, route: { cluster: one } }`,
      clusters: staticCluster("proxies", ["{{upstream}}", "{{upstream2}}"]),
      bootstrap: "cluster_manager: { local_cluster_name: proxies }",
    }),
    requests: [
      ...times(3, { path: "/plain" }),
      { path: "/status" },
      { path: "/low" },
      { path: "/grpc" },
      { path: "/grpc", method: "POST", headers: [["content-type", "application/grpc"]] },
      ...times(2, { path: "/shadow" }),
      ...times(2, { path: "/unset" }),
      ...times(3, { path: "/override" }),
      ...times(2, { path: "/host" }),
      ...times(2, { path: "/include" }),
      { path: "/ignore" },
      { path: "/also" },
      { path: "/stage" },
      { path: "/keyed" },
      ...times(2, { path: "/apart" }),
      ...times(3, { path: "/apart", headers: [["x-own", "1"]] }),
      ...times(3, { path: "/hits" }),
      ...times(2, { path: "/own" }),
      ...times(2, { path: "/together", headers: [["x-own", "1"]] }),
      ...times(2, { path: "/together" }),
      { path: "/" },
    ],
    stats: [
      "idle",
      "plain",
      "status",
      "grpc",
      "shadow",
      "unset",
      "override",
      "host",
      "include",
      "stage",
      "apart",
      "hits",
      "connection",
      "together",
    ].flatMap(stats),
    accessLog: { file: "access.log", lines: 37 },
  },
];
