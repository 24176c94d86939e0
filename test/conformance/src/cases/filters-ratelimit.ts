import { waitFor } from "@sluice/harness";
import {
  RateLimitResponse_Code as Code,
  RateLimitResponse_RateLimit_Unit as Unit,
} from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { fileLog, httpBootstrap, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { type LimitAnswer, limitService } from "../rate-limit-service.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
const PER_ROUTE = `"@type": ${TYPES}.ratelimit.v3.RateLimitPerRoute`;
const LIMITER = staticCluster("limiter", ["{{tcp}}"], OVER_HTTP2);
const STATS = ["ok", "error", "over_limit", "failure_mode_allowed"];

/** The filter `limit`, which asks the cluster `limiter`. */
const filter = (more: string, name = "limit", service = ""): string => `- name: ${name}
  typed_config:
    "@type": ${TYPES}.ratelimit.v3.RateLimit
    domain: shop
    timeout: 5s
    rate_limit_service: { transport_api_version: V3, grpc_service: { envoy_grpc: { cluster_name: limiter }${service} } }
    ${more.replaceAll("\n", "\n    ")}
`;
const key = (value: string, more = ""): string =>
  `{ actions: [{ generic_key: { descriptor_value: ${value} } }]${more} }`;
const route = (path: string, limits: string, action = "", perRoute = ""): string =>
  `- { match: { prefix: "${path}" }, route: { cluster: one, rate_limits: [${limits}]${action} }${
    perRoute === "" ? "" : `, typed_per_filter_config: { limit: { ${PER_ROUTE}, ${perRoute} } }`
  } }`;
const routed = (routes: string, hostLimits = "") => ({ virtualHost: `rate_limits: [${hostLimits}]`, routes });

/** By the value of the last entry of the first descriptor. */
const ANSWERS: Readonly<Record<string, LimitAnswer>> = {
  error: 13,
  fine: {
    overallCode: Code.OK,
    responseHeadersToAdd: [{ key: "X-Quota", value: "a" }],
    requestHeadersToAdd: [{ key: "X-Seen", value: "yes" }],
    dynamicMetadata: { plan: "gold" },
    statuses: [
      {
        code: Code.OK,
        currentLimit: { requestsPerUnit: 10, unit: Unit.SECOND, name: "each" },
        limitRemaining: 7,
        durationUntilReset: { seconds: 1n },
      },
      { code: Code.OK },
      {
        code: Code.OK,
        currentLimit: { requestsPerUnit: 100, unit: Unit.MONTH },
        limitRemaining: 5,
        durationUntilReset: { seconds: 1000n },
      },
    ],
  },
  over: {
    overallCode: Code.OVER_LIMIT,
    rawBody: Buffer.from('{"over":true}'),
    responseHeadersToAdd: [{ key: "content-type", value: "application/json" }],
    requestHeadersToAdd: [{ key: "x-over", value: "1" }],
    statuses: [
      {
        code: Code.OVER_LIMIT,
        currentLimit: { requestsPerUnit: 3, unit: Unit.MINUTE },
        durationUntilReset: { seconds: 42n },
      },
      {
        code: Code.OVER_LIMIT,
        currentLimit: { requestsPerUnit: 30, unit: Unit.WEEK },
        durationUntilReset: { seconds: 4200n },
      },
    ],
  },
  unknown: { overallCode: Code.UNKNOWN },
};
const service = (fields: readonly string[] = []) =>
  limitService(({ descriptors }) => {
    const value = descriptors[0]?.entries.at(-1)?.value ?? "";
    return ANSWERS[value] ?? { overallCode: Code.OK };
  }, fields);

const get = (path: string, ...headers: [string, string][]): CaseRequest => ({ path, headers });

/** Sends the requests, then tells what the service was asked. `calls`: how often, in the end. */
function asking(limiter: ReturnType<typeof limitService>, requests: readonly CaseRequest[], calls: number) {
  const seen: unknown[] = [];
  return async ({ send }: { send(request: CaseRequest): Promise<unknown> }): Promise<unknown> => {
    seen.length = 0;
    limiter.asked();
    const responses: unknown[] = [];
    for (const request of requests) responses.push(await send(request));
    await waitFor("questions", () => {
      seen.push(...limiter.asked());
      return seen.length >= calls;
    });
    return { responses, asked: [...seen] };
  };
}

const USUAL = service(["te", "content-type", ":authority", "x-tenant", "x-fixed", "grpc-timeout"]);
const LEVELS = service();
const OVERLOOKED = service();
const FAILING = service();
const OWN = service();

export const RATE_LIMIT_CASES: readonly ConformanceCase[] = [
  {
    title: "ratelimit asks its service with the route's descriptors and does as it says",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %DYNAMIC_METADATA(envoy.filters.http.ratelimit)%")}`,
      httpFilters: `${filter(
        `stat_prefix: mine
enable_x_ratelimit_headers: DRAFT_VERSION_03
enable_retry_after_header: true
response_headers_to_add: [{ header: { key: x-limited, value: "%REQ(x-tenant)%" } }]`,
        "limit",
        `, initial_metadata: [{ key: X-Tenant, value: "%REQ(x-tenant)%" }, { key: x-fixed, value: fixed }]`,
      )}${ROUTER}`,
      ...routed(
        [
          route("/fine", key("fine")),
          route("/over", key("over")),
          route("/error", key("error")),
          route("/unknown", key("unknown")),
          route(
            "/two",
            `{ actions: [{ request_headers: { header_name: x-tenant, descriptor_key: tenant } }, { source_cluster: {} }], limit: { rate_limit: { requests_per_unit: 5, unit: HOUR } } }, ${key("more", ", hits_addend: { number: 3 }")}, ${key("less", ", hits_addend: { number: 2, is_negative_hits: true }")}, ${key("stage", ", stage: 1")}, ${key("unasked", ", disable_key: unasked")}, ${key("quiet", ', x_ratelimit_option: "OFF"')}`,
          ),
          route(
            "/nothing",
            `{ actions: [{ request_headers: { header_name: x-none, descriptor_key: none } }] }`,
          ),
          '- { match: { prefix: "/direct" }, direct_response: { status: 200 } }',
          '- { match: { prefix: "/missing" }, route: { cluster_header: x-cluster, rate_limits: [{ actions: [{ source_cluster: {} }] }] } }',
        ].join("\n"),
      ),
      clusters: LIMITER,
      bootstrap:
        "layered_runtime: { layers: [{ name: static, static_layer: { ratelimit.unasked.http_filter_enabled: 0 } }] }",
    }),
    tcp: USUAL.onSocket,
    observe: asking(
      USUAL,
      [
        get("/fine", ["x-tenant", "acme"]),
        get("/over", ["x-tenant", "acme"]),
        get("/error"),
        get("/unknown"),
        { ...get("/two", ["x-tenant", "cafe"]), method: "POST", body: "abc" },
        get("/nothing"),
        get("/direct"),
        get("/missing", ["x-cluster", "nowhere"]),
        get("/over", ["content-type", "application/grpc"]),
      ],
      6,
    ),
    stats: [
      ...STATS.map((name) => `cluster.one.ratelimit.mine.${name}`),
      "cluster.one.upstream_rq_429",
      "cluster.one.upstream_rq_4xx",
      "cluster.one.internal.upstream_rq_429",
      "cluster.one.external.upstream_rq_429",
      "cluster.one.upstream_rq_completed",
      "cluster.limiter.upstream_rq_total",
      "cluster.limiter.upstream_rq_200",
      "cluster.limiter.internal.upstream_rq_200",
      "cluster.limiter.upstream_rq_completed",
      "cluster.limiter.upstream_cx_total",
      "http.async-client.rq_total",
    ],
    accessLog: { file: "access.log", lines: 9 },
  },
  {
    title:
      "ratelimit takes descriptors of the virtual host as the route says, or those of its own configuration there",
    yaml: httpBootstrap({
      httpFilters: `${filter("stage: 0")}${ROUTER}`,
      ...routed(
        [
          route("/override", key("route")),
          route("/bare", ""),
          route("/include", key("route"), ", include_vh_rate_limits: true"),
          route("/per-include", key("route"), "", "vh_rate_limits: INCLUDE"),
          route("/per-ignore", "", "", "vh_rate_limits: IGNORE, override_option: INCLUDE_POLICY"),
          route("/both", key("route"), ", include_vh_rate_limits: true", "vh_rate_limits: IGNORE"),
          route("/domain", key("route"), "", "domain: other"),
          route("/own", key("route"), ", include_vh_rate_limits: true", `rate_limits: [${key("own")}]`),
          route(
            "/limit",
            key("route"),
            "",
            `rate_limits: [${key("own", ", limit: { rate_limit: { requests_per_unit: 2, unit: DAY } }")}]`,
          ),
          `- { match: { prefix: "/direct" }, direct_response: { status: 200 }, typed_per_filter_config: { limit: { ${PER_ROUTE}, rate_limits: [${key("direct")}] } } }`,
          `- { match: { prefix: "/missing" }, route: { cluster_header: x-cluster }, typed_per_filter_config: { limit: { ${PER_ROUTE}, rate_limits: [${key("over")}] } } }`,
        ].join("\n"),
        key("host"),
      ),
      clusters: LIMITER,
    }),
    tcp: LEVELS.onSocket,
    observe: asking(
      LEVELS,
      [
        "/override",
        "/bare",
        "/include",
        "/per-include",
        "/per-ignore",
        "/both",
        "/domain",
        "/own",
        "/limit",
        "/direct",
        "/missing",
      ].map((path) => get(path)),
      6,
    ),
    stats: STATS.map((name) => `cluster.one.ratelimit.${name}`),
  },
  {
    title: "ratelimit may let all pass, ask about some requests alone, and tell less",
    yaml: httpBootstrap({
      hcm: "internal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }",
      httpFilters: `${filter(
        `request_type: external
filter_enforced: { default_value: { numerator: 0 }, runtime_key: none }
disable_x_envoy_ratelimited_header: true`,
        "external",
      )}${filter(
        `request_type: internal
rate_limited_status: { code: 503 }
rate_limited_as_resource_exhausted: true`,
        "internal",
      )}${filter("filter_enabled: { default_value: { numerator: 0 } }", "unasked")}${ROUTER}`,
      ...routed(route("/", key("over"))),
      clusters: LIMITER,
    }),
    tcp: OVERLOOKED.onSocket,
    observe: asking(
      OVERLOOKED,
      [
        get("/"),
        get("/", ["x-envoy-internal", "true"], ["x-forwarded-for", "10.0.0.1"]),
        get("/", ["x-forwarded-for", "10.0.0.1"], ["content-type", "application/grpc"]),
      ],
      3,
    ),
    stats: [
      ...STATS.map((name) => `cluster.one.ratelimit.${name}`),
      "cluster.one.upstream_rq_429",
      "cluster.one.upstream_rq_503",
    ],
  },
  {
    title: "ratelimit refuses what its service does not answer, where it is told to",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%")}`,
      httpFilters: `${filter(`failure_mode_deny: true
status_on_error: { code: 507 }
response_headers_to_add: [{ header: { key: x-limited, value: "yes" } }]`)}${filter(
        `failure_mode_deny: true
failure_mode_deny_percent: { default_value: { numerator: 0 } }
stage: 1`,
        "lenient",
      )}${filter("stage: 2\nfailure_mode_deny: true", "retried", ', retry_policy: { num_retries: 2, retry_on: "internal,connect-failure", retry_back_off: { base_interval: 0.005s } }')}${ROUTER}`,
      ...routed(
        [
          route("/refused", key("error")),
          route("/lenient", key("error", ", stage: 1")),
          route("/retried", key("error", ", stage: 2")),
        ].join("\n"),
      ),
      clusters: LIMITER,
    }),
    tcp: FAILING.onSocket,
    observe: asking(FAILING, [get("/refused"), get("/lenient"), get("/retried")], 5),
    stats: [...STATS.map((name) => `cluster.one.ratelimit.${name}`), "cluster.one.upstream_rq_507"],
    accessLog: { file: "access.log", lines: 3 },
  },
  {
    title:
      "ratelimit has limits of its own, counts when a stream is done, and takes hits from the filter state",
    yaml: httpBootstrap({
      httpFilters: `- name: state
  typed_config:
    "@type": ${TYPES}.set_filter_state.v3.Config
    on_request_headers: [{ object_key: envoy.ratelimit.hits_addend, format_string: { text_format_source: { inline_string: "%REQ(x-hits)%" } } }]
${filter(`rate_limits:
- ${key("filter")}
- { actions: [{ request_headers: { header_name: x-who, descriptor_key: who } }], apply_on_stream_done: true, hits_addend: { format: "%BYTES_SENT%" } }`)}${ROUTER}`,
      ...routed(
        [
          route("/done", key("route")),
          route("/own", "", "", `rate_limits: [${key("own")}], domain: other`),
          '- { match: { prefix: "/direct" }, direct_response: { status: 200 } }',
        ].join("\n"),
        key("host"),
      ),
      clusters: LIMITER,
    }),
    tcp: OWN.onSocket,
    observe: asking(
      OWN,
      [
        get("/done", ["x-who", "me"], ["x-hits", "4"]),
        get("/own", ["x-who", "me"]),
        get("/direct", ["x-hits", "no"]),
      ],
      3,
    ),
    stats: STATS.map((name) => `cluster.one.ratelimit.${name}`),
  },
];
