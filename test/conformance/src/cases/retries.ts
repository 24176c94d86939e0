import { ATTEMPTS_TOLD, fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const LOG_FORMAT =
  "%REQ(:method)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% tries=%UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CLUSTER%";
const FILE_LOG = `access_log: ${fileLog(LOG_FORMAT)}`;

const PROMPT = "retry_back_off: { base_interval: 0.001s }";

function route(name: string, policy: string, action = ""): string {
  return `- { match: { prefix: "/${name}/" }, route: { cluster: one${action}, retry_policy: { ${policy}, ${PROMPT} } } }`;
}

const POLICIES: Readonly<Record<string, string>> = {
  "5xx": "retry_on: 5xx",
  gateway: "retry_on: gateway-error",
  "4xx": "retry_on: retriable-4xx",
  codes: "retry_on: retriable-status-codes, retriable_status_codes: [418, 425]",
  limited: "retry_on: 'envoy-ratelimited,5xx'",
  headers:
    "retry_on: retriable-headers, retriable_headers: [{ name: x-again, string_match: { exact: please } }]",
  grpc: "retry_on: 'cancelled,unavailable,resource-exhausted'",
  internal: "retry_on: 'internal,deadline-exceeded'",
  reset: "retry_on: reset",
  before: "retry_on: reset-before-request",
  connect: "retry_on: 'connect-failure,refused-stream'",
  none: "retry_on: 5xx, num_retries: 0",
};

interface Fault {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly octets?: number;
  readonly afterwards?: "close" | "reset";
}
const FAULTS: Readonly<Record<string, Fault>> = {
  "500": { status: 500 },
  "503": { status: 503 },
  "409": { status: 409 },
  "418": { status: 418 },
  "425": { status: 425 },
  limited: { status: 429, headers: [["x-envoy-ratelimited", "true"]] },
  "500-limited": { status: 500, headers: [["x-envoy-ratelimited", "true"]] },
  overloaded: { status: 503, headers: [["x-envoy-overloaded", "true"]] },
  please: { status: 200, headers: [["x-again", "please"]] },
  "grpc-14": { status: 200, headers: [["grpc-status", "14"]] },
  "grpc-13": { status: 200, headers: [["grpc-status", "13"]] },
  "grpc-0": { status: 200, headers: [["grpc-status", "0"]] },
  reset: { octets: 0, afterwards: "reset" },
  close: { octets: 0, afterwards: "close" },
};

const GRPC: [string, string] = ["content-type", "application/grpc"];

/** Only requests from inside may steer the router by x-envoy headers. */
const INTERNAL = `use_remote_address: true
internal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }`;

const PARTS = ["a", "b", "c"];
const parts = (weights: readonly number[], more = ""): string =>
  `weighted_clusters: { header_name: x-draw${more}, clusters: [${PARTS.map((name, i) => `{ name: ${name}, weight: ${weights[i] ?? 0}, request_headers_to_add: [{ header: { key: x-part, value: ${name} } }], response_headers_to_add: [{ header: { key: x-part, value: ${name} } }] }`).join(", ")}] }`;

const HEDGED_TRIES = `retry_policy: { retry_on: 5xx, num_retries: 2, per_try_timeout: 0.6s, ${PROMPT} }`;
const HEDGED = `hedge_policy: { hedge_on_per_try_timeout: true }, ${HEDGED_TRIES}`;

export const RETRY_CASES: readonly ConformanceCase[] = [
  {
    title:
      "a retry goes to a weighted cluster that was not tried yet, where the policy refreshes the cluster",
    yaml: httpBootstrap({
      hcm: FILE_LOG,
      routes: [
        `- { match: { prefix: "/fresh" }, route: { ${parts([1, 1, 1])}, retry_policy: { retry_on: 5xx, num_retries: 4, refresh_cluster_on_retry: true, ${PROMPT} } } }`,
        `- { match: { prefix: "/weightless" }, route: { ${parts([1, 0, 0])}, retry_policy: { retry_on: 5xx, num_retries: 4, refresh_cluster_on_retry: true, ${PROMPT} } } }`,
        `- { match: { prefix: "/same" }, route: { ${parts([1, 1, 1])}, retry_policy: { retry_on: 5xx, num_retries: 2, ${PROMPT} } } }`,
        `- { match: { prefix: "/header" }, route: { cluster_header: x-cluster, retry_policy: { retry_on: 5xx, num_retries: 2, refresh_cluster_on_retry: true, ${PROMPT} } } }`,
      ].join("\n"),
      clusters: PARTS.map((name) => staticCluster(name, ["{{upstream}}"])).join(""),
    }),
    reply: () => ({ status: 503 }),
    requests: [
      { path: "/fresh", headers: [["x-draw", "0"]] },
      { path: "/fresh", headers: [["x-draw", "1"]] },
      { path: "/weightless", headers: [["x-draw", "0"]] },
      { path: "/same", headers: [["x-draw", "2"]] },
      { path: "/header", headers: [["x-cluster", "b"]] },
    ],
    accessLog: { file: "access.log", lines: 5 },
    stats: PARTS.flatMap((name) =>
      [
        "upstream_rq_total",
        "upstream_rq_retry",
        "upstream_rq_retry_limit_exceeded",
        "upstream_rq_503",
        "retry.upstream_rq_503",
      ].map((stat) => `cluster.${name}.${stat}`),
    ),
  },
  {
    title: "words of retry_on that are no condition are passed over",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/some" }, route: { cluster: one, retry_policy: { retry_on: "nonsense,5xx, 5XX", num_retries: 1, ${PROMPT} } } }
- { match: { prefix: "/none" }, route: { cluster: one, retry_policy: { retry_on: "nonsense", num_retries: 1, ${PROMPT} } } }`,
    }),
    reply: { status: 503 },
    requests: ["/some", "/none"].map((path) => ({ path })),
    stats: ["cluster.one.upstream_rq_retry"],
  },
  {
    title: "each retry condition takes its own faults and no others",
    yaml: httpBootstrap({
      hcm: FILE_LOG,
      virtualHost: ATTEMPTS_TOLD,
      routes: Object.entries(POLICIES)
        .map(([name, policy]) => route(name, policy))
        .join("\n"),
    }),
    reply: (request) => {
      if (request.header("x-envoy-attempt-count") !== "1") return { body: "again" };
      const fault = FAULTS[request.target.split("/")[2] ?? ""] ?? {};
      return { body: "failed", ...fault, headers: [...(fault.headers ?? [])].map(([n, v]) => [n, v]) };
    },
    requests: Object.keys(POLICIES).flatMap((policy) =>
      Object.keys(FAULTS).map(
        (fault): CaseRequest => ({
          path: `/${policy}/${fault}`,
          ...(fault.startsWith("grpc") ? { headers: [GRPC] } : {}),
        }),
      ),
    ),
    stats: [
      "cluster.one.upstream_rq_retry",
      "cluster.one.upstream_rq_retry_success",
      "cluster.one.upstream_rq_retry_limit_exceeded",
      "cluster.one.upstream_rq_retry_overflow",
      "cluster.one.upstream_rq_retry_backoff_exponential",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_completed",
      "cluster.one.upstream_rq_2xx",
      "cluster.one.upstream_rq_5xx",
      "cluster.one.external.upstream_rq_completed",
      "cluster.one.retry.upstream_rq_500",
      "cluster.one.retry.upstream_rq_5xx",
      "cluster.one.retry.upstream_rq_completed",
    ],
    accessLog: {
      file: "access.log",
      lines: Object.keys(POLICIES).length * Object.keys(FAULTS).length,
    },
  },
  {
    title: "connection failures are retried and told in Envoy's words",
    yaml: httpBootstrap({
      hcm: FILE_LOG,
      routes: [
        "connect-failure",
        "reset-before-request",
        "reset",
        "5xx",
        "gateway-error",
        "retriable-4xx",
        "refused-stream",
      ]
        .map(
          (on) =>
            `- { match: { prefix: "/${on}/" }, route: { cluster: dead, retry_policy: { retry_on: ${on}, num_retries: 2, ${PROMPT} } } }`,
        )
        .join("\n"),
    }),
    requests: [
      "connect-failure",
      "reset-before-request",
      "reset",
      "5xx",
      "gateway-error",
      "retriable-4xx",
      "refused-stream",
    ].map((on): CaseRequest => ({ path: `/${on}/`, method: "POST", body: "b" })),
    stats: [
      "cluster.dead.upstream_rq_retry",
      "cluster.dead.upstream_rq_retry_limit_exceeded",
      "cluster.dead.upstream_rq_503",
      "cluster.dead.upstream_rq_pending_failure_eject",
      "cluster.dead.upstream_cx_connect_fail",
    ],
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "policies of hosts and routes, request headers and limits decide on retries",
    yaml: httpBootstrap({
      hcm: `${INTERNAL}\n${FILE_LOG}`,
      virtualHost: `include_request_attempt_count: true
include_is_timeout_retry_header: true
retry_policy: { retry_on: 5xx, num_retries: 3, ${PROMPT} }`,
      routes: `- { match: { prefix: "/host/" }, route: { cluster: one } }
- { match: { prefix: "/own/" }, route: { cluster: one, retry_policy: { retry_on: gateway-error, ${PROMPT} } } }
- { match: { prefix: "/request/" }, route: { cluster: one, retry_policy: { retry_on: 5xx, retriable_request_headers: [{ name: x-may, present_match: true }], ${PROMPT} } } }
- { match: { prefix: "/limit/" }, request_body_buffer_limit: 8, route: { cluster: one } }
- { match: { prefix: "/limited/" }, route: { cluster: one, retry_policy: { retry_on: 5xx, ${PROMPT}, rate_limited_retry_back_off: { reset_headers: [{ name: retry-after, format: SECONDS }], max_interval: 1s } } } }`,
    }),
    reply: (request) => {
      const [, policy, fault] = request.target.split("/");
      if (policy === "limited" && request.header("x-envoy-attempt-count") !== "1") return { body: "late" };
      const headers: [string, string][] =
        policy === "limited" ? [["retry-after", fault === "far" ? "9" : "1"]] : [];
      return { status: Number(fault ?? 500) || 500, body: "failed", headers };
    },
    requests: [
      { path: "/host/500" },
      { path: "/own/500" },
      { path: "/own/503" },
      { path: "/request/500" },
      { path: "/request/500", headers: [["x-may", "yes"]] },
      { path: "/limit/500", method: "POST", body: "12345678" },
      { path: "/limit/500", method: "POST", body: "123456789" },
      { path: "/limited/near" },
      { path: "/limited/far" },
      ...[
        [["x-envoy-retry-on", "retriable-4xx"]],
        [
          ["x-envoy-retry-on", "5xx"],
          ["x-envoy-max-retries", "1"],
        ],
        [
          ["x-envoy-retry-grpc-on", "unavailable"],
          ["x-envoy-max-retries", "nonsense"],
        ],
        [
          ["x-envoy-retry-on", "retriable-status-codes"],
          ["x-envoy-retriable-status-codes", "409, 500"],
          ["x-envoy-max-retries", "2"],
        ],
        [
          ["x-envoy-retry-on", "retriable-headers"],
          ["x-envoy-retriable-header-names", "x-none,Content-Length"],
        ],
        [["x-envoy-max-retries", "0"]],
      ].map(
        (headers): CaseRequest => ({ path: "/host/409", headers: headers.map(([n = "", v = ""]) => [n, v]) }),
      ),
    ],
    stats: [
      "cluster.one.upstream_rq_retry",
      "cluster.one.upstream_rq_retry_limit_exceeded",
      "cluster.one.retry_or_shadow_abandoned",
      "cluster.one.upstream_rq_retry_backoff_ratelimited",
      "cluster.one.upstream_rq_retry_backoff_exponential",
      "cluster.one.internal.upstream_rq_500",
      "cluster.one.internal.upstream_rq_completed",
    ],
    accessLog: { file: "access.log", lines: 15 },
  },
  {
    title: "timeouts of requests, tries and idle tries answer in Envoy's words",
    yaml: httpBootstrap({
      hcm: `${INTERNAL}\n${FILE_LOG}`,
      routes: `- { match: { prefix: "/whole/" }, route: { cluster: one, timeout: 0.2s } }
- { match: { prefix: "/try/" }, route: { cluster: one, timeout: 5s, retry_policy: { retry_on: retriable-4xx, per_try_timeout: 0.15s } } }
- { match: { prefix: "/retried/" }, route: { cluster: one, timeout: 5s, retry_policy: { retry_on: 5xx, num_retries: 1, per_try_timeout: 0.15s, ${PROMPT} } } }
- { match: { prefix: "/idle/" }, route: { cluster: one, timeout: 5s, retry_policy: { retry_on: retriable-4xx, per_try_idle_timeout: 0.15s } } }
- { match: { prefix: "/longer/" }, route: { cluster: one, timeout: 0.2s, retry_policy: { retry_on: 5xx, per_try_timeout: 1s } } }
- { match: { prefix: "/slow/" }, route: { cluster: one, timeout: 5s } }`,
    }),
    reply: { afterwards: "silent" },
    requests: [
      { path: "/whole/" },
      { path: "/try/" },
      { path: "/retried/" },
      { path: "/idle/" },
      { path: "/longer/" },
      { path: "/whole/", method: "POST", body: "b", headers: [GRPC] },
      { path: "/slow/", headers: [["x-envoy-upstream-rq-timeout-ms", "150"]] },
      {
        path: "/slow/",
        headers: [
          ["x-envoy-upstream-rq-timeout-ms", "nonsense"],
          ["x-envoy-upstream-rq-per-try-timeout-ms", "150"],
        ],
      },
      {
        path: "/slow/",
        headers: [
          ["x-envoy-upstream-rq-timeout-ms", "150"],
          ["x-envoy-upstream-rq-timeout-alt-response", "1"],
        ],
      },
      { path: "/slow/", headers: [["x-envoy-upstream-stream-duration-ms", "150"]] },
    ],
    stats: [
      "cluster.one.upstream_rq_timeout",
      "cluster.one.upstream_rq_per_try_timeout",
      "cluster.one.upstream_rq_per_try_idle_timeout",
      "cluster.one.upstream_rq_max_duration_reached",
      "cluster.one.upstream_rq_504",
      "cluster.one.upstream_rq_204",
      "cluster.one.upstream_rq_tx_reset",
      "cluster.one.upstream_rq_retry",
    ],
    accessLog: { file: "access.log", lines: 10 },
  },
  {
    title: "a hedged try goes on beside the next, and the first good answer wins",
    yaml: httpBootstrap({
      hcm: `${INTERNAL}\n${FILE_LOG}`,
      virtualHost: ATTEMPTS_TOLD,
      routes: `- { match: { prefix: "/hedge/never" }, route: { cluster: one, timeout: 3s, ${HEDGED} } }
- { match: { prefix: "/hedge/" }, route: { cluster: one, timeout: 15s, ${HEDGED} } }
- { match: { prefix: "/plain/" }, route: { cluster: one, timeout: 15s, ${HEDGED_TRIES} } }`,
    }),
    reply: (request) => {
      const first = request.header("x-envoy-attempt-count") === "1";
      switch (request.target.split("/")[2]) {
        case "first":
          return first ? { delayMs: 900, body: "first" } : { delayMs: 2_500, body: "other" };
        case "second":
          return first ? { delayMs: 2_500, body: "first" } : { body: "other" };
        case "bad":
          return first ? { delayMs: 900, status: 500, body: "bad" } : { delayMs: 450, body: "other" };
        default:
          return { afterwards: "silent" };
      }
    },
    requests: [
      { path: "/hedge/first" },
      { path: "/hedge/second", method: "POST", body: "b" },
      { path: "/hedge/bad" },
      { path: "/hedge/never" },
      { path: "/plain/second", headers: [["x-envoy-hedge-on-per-try-timeout", "true"]] },
      { path: "/hedge/second", headers: [["x-envoy-hedge-on-per-try-timeout", "false"]] },
    ],
    stats: [
      "cluster.one.upstream_rq_retry",
      "cluster.one.upstream_rq_per_try_timeout",
      "cluster.one.upstream_rq_timeout",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_completed",
    ],
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "retries choose other hosts by predicates",
    yaml: httpBootstrap({
      routes: ["previous_hosts.v3.PreviousHostsPredicate", "omit_canary_hosts.v3.OmitCanaryHostsPredicate"]
        .map(
          (type) =>
            `- { match: { prefix: "/${type.split(".")[0]}" }, route: { cluster: pair, retry_policy: { retry_on: 5xx, num_retries: 1, host_selection_retry_max_attempts: 20, ${PROMPT}, retry_host_predicate: [{ name: p, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.host.${type} } }] } } }`,
        )
        .concat(
          `- { match: { prefix: "/metadata" }, route: { cluster: pair, retry_policy: { retry_on: 5xx, num_retries: 1, host_selection_retry_max_attempts: 20, ${PROMPT}, retry_host_predicate: [{ name: p, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig, metadata_match: { filter_metadata: { envoy.lb: { kind: bad } } } } }] } } }`,
        )
        .join("\n"),
      clusters: `
- name: pair
  type: STATIC
  lb_policy: RANDOM
  load_assignment:
    cluster_name: pair
    endpoints:
    - lb_endpoints:
      - { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } }, metadata: { filter_metadata: { envoy.lb: { canary: true, kind: bad } } } }
      - { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream2}} } } } }`,
    }),
    reply: { status: 503 },
    observe: async (target) => {
      const statuses: number[] = [];
      for (const path of ["/previous_hosts", "/omit_canary_hosts", "/metadata"])
        for (let i = 0; i < 10; i++) statuses.push((await target.send({ path })).status);
      target.upstream.clear();
      target.upstream2.clear();
      return statuses;
    },
  },
  {
    title: "retries leave out the priorities that were tried",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: tiers, retry_policy: { retry_on: 5xx, num_retries: 2, ${PROMPT}, retry_priority: { name: p, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig, update_frequency: 1 } } } } }`,
      clusters: `
- name: tiers
  type: STATIC
  load_assignment:
    cluster_name: tiers
    endpoints:
    - { priority: 0, lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } } }] }
    - { priority: 1, lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream2}} } } } }] }`,
    }),
    reply: { status: 503 },
    requests: [{ path: "/" }, { path: "/" }, { path: "/", method: "POST", body: "b" }],
    stats: ["cluster.tiers.upstream_rq_retry", "cluster.tiers.upstream_rq_retry_success"],
  },
  {
    title: "streams last as long as the route or grpc-timeout lets them",
    yaml: httpBootstrap({
      hcm: FILE_LOG,
      routes: `- { match: { prefix: "/max/" }, route: { cluster: one, timeout: 0.1s, max_stream_duration: { max_stream_duration: 0.3s } } }
- { match: { prefix: "/capped/" }, route: { cluster: one, max_stream_duration: { grpc_timeout_header_max: 0.3s } } }
- { match: { prefix: "/asked/" }, route: { cluster: one, max_stream_duration: { grpc_timeout_header_max: 0s, grpc_timeout_header_offset: 0.1s } } }
- { match: { prefix: "/old/" }, route: { cluster: one, max_grpc_timeout: 0.3s, grpc_timeout_offset: 0.05s } }`,
    }),
    reply: { afterwards: "silent" },
    requests: [
      { path: "/max/" },
      { path: "/max/", headers: [GRPC] },
      { path: "/capped/", headers: [GRPC, ["grpc-timeout", "10S"]] },
      { path: "/asked/", headers: [GRPC, ["grpc-timeout", "400m"]] },
      { path: "/asked/", method: "POST", body: "b", headers: [GRPC, ["grpc-timeout", "300000u"]] },
      { path: "/old/", headers: [GRPC, ["grpc-timeout", "250m"]] },
      { path: "/old/", headers: [GRPC] },
    ],
    stats: ["http.main.downstream_rq_max_duration_reached", "cluster.one.upstream_rq_timeout"],
    accessLog: { file: "access.log", lines: 7 },
  },
];
