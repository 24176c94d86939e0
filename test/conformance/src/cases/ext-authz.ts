import type { AskedService } from "../answering-service.ts";
import { CHECK_ANSWERS } from "../authorization-answers.ts";
import { authorizationService } from "../authorization-service.ts";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import {
  asking,
  CLUSTER_STATS,
  get,
  LOG,
  PER_ROUTE,
  post,
  ROUTER,
  SERVICE,
  STATS,
  TYPES,
} from "./ext-authz-parts.ts";

const LATE = "late";
/** The filter `authz`, which asks the cluster `authz` by gRPC. */
const filter = (more = "", service = ""): string => `- name: authz
  typed_config:
    "@type": ${TYPES}.ext_authz.v3.ExtAuthz
    transport_api_version: V3
    grpc_service: { envoy_grpc: { cluster_name: authz }${service === LATE ? ", timeout: 0.1s" : `, timeout: 5s${service}`} }
    ${more.replaceAll("\n", "\n    ")}
${ROUTER}`;
const service = (fields: readonly string[] = []): AskedService =>
  authorizationService(({ attributes }) => {
    const path = attributes?.request?.http?.path ?? "";
    return CHECK_ANSWERS[path.replace(/\?.*/, "").replace(/^.*\//, "")] ?? {};
  }, fields);

/** A case that sends `requests` through one filter. */
function asked(
  title: string,
  more: string,
  requests: readonly CaseRequest[],
  calls: number,
  parts: Partial<Parameters<typeof httpBootstrap>[0]> & {
    readonly service?: string;
    readonly stats?: readonly string[];
  } = {},
): ConformanceCase {
  const authz = service([
    "content-type",
    "te",
    ":authority",
    "grpc-timeout",
    "x-tenant",
    "x-envoy-internal",
    "x-forwarded-for",
    "x-envoy-expected-rq-timeout-ms",
    "user-agent",
  ]);
  return {
    title: `ext_authz ${title}`,
    yaml: httpBootstrap({ hcm: LOG, httpFilters: filter(more, parts.service), ...parts, clusters: SERVICE }),
    tcp: authz.onSocket,
    observe: asking(authz, requests, calls),
    reply: {
      status: 200,
      headers: [
        ["x-append", "own"],
        ["x-add", "own"],
        ["x-over", "own"],
        ["x-set", "own"],
        ["x-old-append", "own"],
        ["x-old-set", "own"],
      ],
      body: "one",
    },
    stats: [...STATS, ...CLUSTER_STATS, ...(parts.stats ?? [])],
    accessLog: { file: "access.log", lines: requests.length },
  };
}

const BY_HEADER = `- { match: { prefix: /, headers: [{ name: x-route, string_match: { exact: two } }] }, route: { cluster: two }, name: by-route }
- { match: { prefix: /, headers: [{ name: x-other, string_match: { exact: two } }] }, route: { cluster: two }, name: by-other }
- { match: { prefix: /, query_parameters: [{ name: new, present_match: true }] }, route: { cluster: two }, name: by-query }
- { match: { prefix: /moved }, route: { cluster: two }, name: by-path }
- { match: { prefix: / }, route: { cluster: one }, name: first }`;
const ROUTED = [get("/route"), get("/route-other"), get("/route-path"), get("/query"), get("/ok")];
const INVALID = [
  get("/invalid"),
  get("/invalid-name"),
  get("/invalid-action"),
  get("/invalid-query"),
  get("/invalid-denied"),
  get("/invalid-response"),
  get("/invalid-response-action"),
  get("/invalid-failed"),
  get("/invalid-remove", ["x-gone", "1"]),
  get("/query"),
];

export const EXT_AUTHZ_CASES: readonly ConformanceCase[] = [
  asked(
    "lets a request go on that its service allows",
    "",
    [get("/ok"), get("/bare"), post("/ok", "abc")],
    3,
    {
      stats: [
        "cluster.authz.upstream_rq_200",
        "cluster.authz.upstream_rq_total",
        "http.async-client.rq_total",
      ],
    },
  ),
  asked(
    "answers as its service refuses",
    "",
    [
      get("/denied"),
      get("/denied-bare"),
      get("/denied-ok"),
      get("/denied-default"),
      { ...get("/denied"), method: "HEAD" },
      get("/denied", ["content-type", "application/grpc"]),
    ],
    6,
    {
      stats: [
        "cluster.one.upstream_rq_401",
        "cluster.one.upstream_rq_403",
        "cluster.one.internal.upstream_rq_403",
        "cluster.one.upstream_rq_completed",
      ],
    },
  ),
  asked(
    "refuses requests whose service fails",
    "",
    [get("/error"), get("/failed"), get("/failed-bare"), get("/error", ["content-type", "application/grpc"])],
    4,
    {
      stats: ["cluster.one.upstream_rq_403", "cluster.authz.upstream_rq_200"],
    },
  ),
  asked(
    "answers with the status that is configured for errors",
    "status_on_error: { code: 503 }",
    [get("/error"), get("/failed"), get("/failed-bare")],
    3,
  ),
  asked(
    "lets requests go on whose service fails, where it is told to",
    "failure_mode_allow: true\nfailure_mode_allow_header_add: true",
    [get("/error"), get("/failed"), get("/error", ["x-envoy-auth-failure-mode-allowed", "mine"])],
    3,
  ),
  asked(
    "changes headers of request and response by every action, in order",
    "",
    [
      get(
        "/changed",
        ["x-append", "own"],
        ["x-add", "own"],
        ["x-over", "own"],
        ["x-set", "own"],
        ["x-set", "own2"],
        ["x-old-append", "own"],
        ["x-old-append", "own2"],
        ["x-old-set", "own"],
        ["x-gone", "own"],
        ["accept", "a"],
      ),
    ],
    1,
  ),
  asked(
    "sets and removes query parameters",
    "",
    [get("/query?b=1&c=2&b=3&a&d=%20e"), get("/query"), get("/query?c=1")],
    3,
  ),
  asked(
    "sends the body with the question, up to a size",
    "with_request_body: { max_request_bytes: 10 }",
    [
      post("/ok", "abcdefghij"),
      post("/ok", "abcdefghijk"),
      get("/ok"),
      post("/denied", "caf\u00e9"),
      post("/ok", "a", ["x-envoy-auth-partial-body", "true"]),
    ],
    4,
    { stats: ["http.main.downstream_rq_too_large"] },
  ),
  asked(
    "sends a part of the body as bytes where it may",
    "with_request_body: { max_request_bytes: 4, allow_partial_message: true, pack_as_bytes: true }",
    [post("/ok", "abcdefghij"), post("/ok", "abcd"), post("/ok", "abc"), post("/denied-bare", "abcdefgh")],
    4,
  ),
  asked(
    "makes texts of what it tells the service",
    "with_request_body: { max_request_bytes: 100, allow_partial_message: true }",
    [
      post(
        "/ok",
        "caf\u00c3\u00a9 \u00ff",
        ["x-good", "caf\u00c3\u00a9"],
        ["x-bad", "caf\u00c3\u00a9 \u00ff"],
        ["x-two", "1"],
        ["x-two", "2"],
      ),
    ],
    1,
  ),
  asked(
    "tells headers as they are where it is told to",
    "encode_raw_headers: true\nwith_request_body: { max_request_bytes: 100 }",
    [post("/ok", "a", ["x-bad", "caf\u00c3\u00a9 \u00ff"], ["x-two", "1"], ["x-two", "2"])],
    1,
  ),
  asked(
    "tells the headers that it may",
    `allowed_headers: { patterns: [{ prefix: x-a }, { exact: ":path" }] }
disallowed_headers: { patterns: [{ exact: x-a-secret }] }`,
    [get("/ok", ["x-a-one", "1"], ["x-a-secret", "1"], ["x-b", "1"])],
    1,
  ),
  asked(
    "has settings of routes",
    "with_request_body: { max_request_bytes: 10 }",
    [
      get("/off/denied"),
      post("/bare/ok", "abc"),
      post("/own/ok", "abcdefghijkl"),
      get("/extended/ok"),
      get("/host/ok"),
      get("/on/ok"),
      get("/direct/denied"),
      get("/direct/ok"),
      get("/else", ["host", "nowhere.test"]),
    ],
    7,
    {
      service: ', initial_metadata: [{ key: x-tenant, value: "%REQ(x-tenant)%" }]',
      routeConfig: `name: local
virtual_hosts:
- name: all
  domains: ["example.test"]
  typed_per_filter_config: { authz: { ${PER_ROUTE}, check_settings: { context_extensions: { host: all, both: host } } } }
  routes:
  - { match: { prefix: /off }, route: { cluster: one }, typed_per_filter_config: { authz: { ${PER_ROUTE}, disabled: true } } }
  - { match: { prefix: /on }, route: { cluster: one }, typed_per_filter_config: { authz: { ${PER_ROUTE}, disabled: false } } }
  - { match: { prefix: /bare }, route: { cluster: one }, typed_per_filter_config: { authz: { ${PER_ROUTE}, check_settings: { disable_request_body_buffering: true } } } }
  - { match: { prefix: /own }, route: { cluster: one }, typed_per_filter_config: { authz: { ${PER_ROUTE}, check_settings: { with_request_body: { max_request_bytes: 5, allow_partial_message: true, pack_as_bytes: true } } } } }
  - { match: { prefix: /extended }, route: { cluster: one }, typed_per_filter_config: { authz: { ${PER_ROUTE}, check_settings: { context_extensions: { route: one, both: route } } } } }
  - { match: { prefix: /direct }, direct_response: { status: 200 } }
  - { match: { prefix: / }, route: { cluster: one } }`,
    },
  ),
  asked("chooses the route anew once the request was changed", "clear_route_cache: true", ROUTED, 5, {
    routes: BY_HEADER,
  }),
  asked(
    "chooses the route anew for some headers alone",
    "clear_route_cache: true\nclear_route_cache_headers: [X-Route]",
    ROUTED,
    5,
    { routes: BY_HEADER },
  ),
  asked("keeps the route without being told otherwise", "", ROUTED, 5, { routes: BY_HEADER }),
  asked(
    "takes dynamic metadata",
    "",
    [get("/metadata"), get("/metadata-older"), get("/metadata-denied"), get("/ok")],
    4,
    {
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %DYNAMIC_METADATA(envoy.filters.http.ext_authz:user)% %DYNAMIC_METADATA(envoy.filters.http.ext_authz:roles)% %DYNAMIC_METADATA(envoy.filters.http.ext_authz:why)%")}`,
    },
  ),
  asked(
    "takes no dynamic metadata where it is told so",
    "enable_dynamic_metadata_ingestion: false",
    [get("/metadata"), get("/ok")],
    2,
    {
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %DYNAMIC_METADATA(envoy.filters.http.ext_authz)%")}`,
    },
  ),
  asked("refuses changes that are not valid", "validate_mutations: true", INVALID, INVALID.length),
  asked(
    "has rules for changes of the request",
    'decoder_header_mutation_rules: { disallow_expression: { regex: "x-no.*" } }',
    [get("/rules", ["x-gone", "1"], ["x-no-gone", "1"])],
    1,
  ),
  asked(
    "has rules that allow more",
    "decoder_header_mutation_rules: { allow_all_routing: true, allow_envoy: true, disallow_system: true }",
    [get("/rules", ["x-gone", "1"], ["x-no-gone", "1"])],
    1,
  ),
  asked(
    "refuses what is against the rules where that is an error",
    'decoder_header_mutation_rules: { disallow_all: true, allow_expression: { regex: "x-route" }, disallow_is_error: true }',
    [get("/rules"), get("/route"), get("/invalid-remove", ["x-gone", "1"])],
    3,
  ),
  asked("limits what is added", "", [get("/many"), get("/many-responses"), get("/many-denied")], 3),
  asked(
    "limits what is added to responses",
    "enforce_response_header_limits: true",
    [get("/many-responses"), get("/many-denied")],
    2,
  ),
  asked(
    "is off for some requests",
    `filter_enabled: { runtime_key: half, default_value: { numerator: 0 } }`,
    [get("/denied")],
    0,
  ),
  asked(
    "refuses requests for which it is off",
    `filter_enabled: { runtime_key: half, default_value: { numerator: 0 } }
deny_at_disable: { runtime_key: deny, default_value: true }
status_on_error: { code: 429 }`,
    [get("/ok")],
    0,
  ),
  asked(
    "cuts bodies of refusals",
    "max_denied_response_body_bytes: 3",
    [get("/denied"), get("/denied-default"), get("/failed")],
    3,
  ),
  asked(
    "does not count refusals as the cluster's where it is told so",
    "charge_cluster_response_stats: false",
    [get("/denied-bare")],
    1,
    {
      stats: ["cluster.one.upstream_rq_403", "cluster.one.upstream_rq_completed"],
    },
  ),
  asked("gives up a service that is late", "", [get("/late")], 1, { service: LATE }),
  asked(
    "only notes what it would do in shadow mode",
    "shadow_mode: true\nvalidate_mutations: true",
    [
      get("/ok"),
      get("/denied"),
      get("/denied-bare"),
      get("/error"),
      get("/failed"),
      get("/route"),
      get("/invalid"),
      get("/invalid-denied"),
      get("/metadata"),
    ],
    9,
    {
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %FILTER_STATE(authz.shadow)% %FILTER_STATE(authz.shadow:PLAIN)% %FILTER_STATE(authz.shadow:FIELD:check_result)% %FILTER_STATE(authz.shadow:FIELD:status_code)% %FILTER_STATE(authz.shadow:FIELD:response_headers)%")}`,
      stats: ["cluster.one.upstream_rq_403", "cluster.one.upstream_rq_401"],
    },
  ),
  asked(
    "refuses nothing in shadow mode where it is off",
    `shadow_mode: true
filter_enabled: { runtime_key: half, default_value: { numerator: 0 } }
deny_at_disable: { runtime_key: deny, default_value: true }`,
    [get("/ok")],
    0,
    { hcm: `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_FLAGS% %FILTER_STATE(authz.shadow)%")}` },
  ),
  asked(
    "has stats of its own name, and notes its calls for the log",
    "stat_prefix: mine\nemit_filter_state_stats: true\nfilter_metadata: { a: b }",
    [get("/ok"), get("/denied"), get("/error")],
    3,
    {
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %FILTER_STATE(authz:FIELD:bytesReceived)% %FILTER_STATE(authz:FIELD:other)% %FILTER_STATE(authz:PLAIN)% %FILTER_STATE(authz:TYPED)%")}`,
      stats: ["ok", "denied", "error"].flatMap((name) => [
        `http.main.ext_authz.mine.${name}`,
        `cluster.one.ext_authz.mine.${name}`,
      ]),
    },
  ),
];
