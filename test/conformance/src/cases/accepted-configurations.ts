import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http";
const ROUTER = `
- name: envoy.filters.http.router
  typed_config: { "@type": ${TYPE}.router.v3.Router }`;

const MUTATE = `
- name: mutate
  typed_config: { "@type": ${TYPE}.header_mutation.v3.HeaderMutation, mutations: {} }${ROUTER}`;

const LOG = (format: string): string => `
access_log:
  - name: file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: { text_format_source: { inline_string: "${format}\\n" } }`;

/** A route by its path, with mutations of its own. */
const mutated = (path: string, mutations: string, cluster = "one"): string => `
- match: { prefix: "${path}" }
  route: { cluster: ${cluster} }
  typed_per_filter_config:
    mutate: { "@type": ${TYPE}.header_mutation.v3.HeaderMutationPerRoute, mutations: ${mutations} }`;

const removing = ["path", "method", "scheme", "authority"] as const;

const POLICIES: readonly (readonly [name: string, type: string, config: string])[] = [
  ["no-choice", "least_request.v3.LeastRequest", "choice_count: 0"],
  ["one-choice", "least_request.v3.LeastRequest", "choice_count: 1"],
  ["no-ring", "ring_hash.v3.RingHash", "minimum_ring_size: 0"],
  ["huge-ring", "ring_hash.v3.RingHash", 'maximum_ring_size: "18446744073709551615"'],
  ["no-bound", "ring_hash.v3.RingHash", "consistent_hashing_lb_config: { hash_balance_factor: 0 }"],
  ["low-bound", "maglev.v3.Maglev", "consistent_hashing_lb_config: { hash_balance_factor: 1 }"],
  ["no-header", "ring_hash.v3.RingHash", "consistent_hashing_lb_config: { hash_policy: [{ header: {} }] }"],
  ["no-locality", "round_robin.v3.RoundRobin", "locality_lb_config: {}"],
  [
    "slow",
    "round_robin.v3.RoundRobin",
    "slow_start_config: { slow_start_window: 1s, min_weight_percent: { value: -1 } }",
  ],
  [
    "penalty",
    "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
    "error_utilization_penalty: -1",
  ],
];

const get = (path: string, ...headers: [string, string][]): CaseRequest => ({ path, headers });

export const ACCEPTED_CONFIGURATION_CASES: readonly ConformanceCase[] = [
  {
    title: "header_mutation removes pseudo-headers and the host of requests",
    yaml: httpBootstrap({
      hcm: LOG(
        "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %REQ(:PATH)% %REQ(:METHOD)% %REQ(:AUTHORITY)%",
      ),
      httpFilters: MUTATE,
      routes: `${removing.map((name) => mutated(`/${name}`, `{ request_mutations: [{ remove: ":${name}" }] }`)).join("")}
${mutated("/host", `{ request_mutations: [{ remove: host }] }`)}
${mutated("/none", `{ request_mutations: [{ remove: ":none" }] }`)}
${mutated("/status", `{ response_mutations: [{ remove: ":status" }] }`)}
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [...removing.map((name) => get(`/${name}`)), get("/host"), get("/none"), get("/status")],
    accessLog: { file: "access.log", lines: 7 },
    stats: ["cluster.one.upstream_rq_total", "cluster.one.upstream_rq_503", "cluster.one.upstream_cx_total"],
  },
  {
    title: "header_mutation joins what it appends to headers of one line",
    yaml: httpBootstrap({
      httpFilters: MUTATE,
      routes: `
- match: { prefix: "/" }
  route: { cluster: one }
  typed_per_filter_config:
    mutate:
      "@type": ${TYPE}.header_mutation.v3.HeaderMutationPerRoute
      mutations:
        request_mutations:
${["accept", "user-agent", "x-more", "via", "cookie", "x-forwarded-for", "cache-control"].map((name) => `          - append: { header: { key: ${name}, value: new } }`).join("\n")}
          - append: { header: { key: x-over, value: new }, append: false }
          - append: { header: { key: x-raw, raw_value: eA== }, keep_empty_value: true }
        response_mutations:
${["cache-control", "server", "x-more", "vary", "set-cookie", "content-type", "location"].map((name) => `          - append: { header: { key: ${name}, value: new } }`).join("\n")}`,
    }),
    reply: {
      headers: [
        ["cache-control", "a"],
        ["x-more", "b"],
        ["vary", "c"],
        ["set-cookie", "d=e"],
      ],
      body: "one",
    },
    requests: [
      get(
        "/",
        ["accept", "a"],
        ["user-agent", "b"],
        ["x-more", "c"],
        ["via", "d"],
        ["x-over", "e"],
        ["cookie", "e=f"],
        ["cache-control", "g"],
      ),
      get("/"),
    ],
  },
  {
    title: "tracing without a provider chooses requests, and nothing is told",
    yaml: httpBootstrap({
      hcm: `tracing: { custom_tags: [{ tag: a, literal: { value: b } }], verbose: true }${LOG("%REQ(X-REQUEST-ID)% %TRACE_ID% %SPAN_ID%")}`,
      routes: `
- { match: { prefix: "/decorated" }, route: { cluster: one }, decorator: { operation: checkout } }
- { match: { prefix: "/never" }, route: { cluster: one }, tracing: { random_sampling: { numerator: 0 } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    ignoreUpstream: true,
    observe: reasons,
    stats: ["random_sampling", "not_traceable", "client_enabled", "service_forced"].map(
      (name) => `http.main.tracing.${name}`,
    ),
  },
  {
    title: "tracing without a provider of its own takes the bootstrap's older one",
    yaml: httpBootstrap({
      hcm: "tracing: {}",
      bootstrap: `tracing:
  http:
    name: otel
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      grpc_service: { envoy_grpc: { cluster_name: dead } }`,
    }),
    ignoreUpstream: true,
    async observe({ send, upstream }) {
      await send(get("/"));
      return upstream.requests.map((request) => request.header("traceparent")?.slice(-3));
    },
  },
  {
    title: "policies of load balancing with values out of range",
    yaml: httpBootstrap({
      routes: `${POLICIES.map(
        ([name]) => `
- { match: { prefix: "/${name}" }, route: { cluster: ${name}, hash_policy: [{ header: { header_name: x-key } }] } }`,
      ).join("")}`,
      clusters: POLICIES.map(([name, type, config]) =>
        staticCluster(
          name,
          ["{{upstream}}", "{{upstream2}}"],
          `
load_balancing_policy:
  policies:
    - typed_extension_config:
        name: policy
        typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.${type}, ${config} }`,
        ),
      ).join(""),
    }),
    ignoreUpstream: true,
    async observe({ send }) {
      const statuses: string[] = [];
      for (const [name] of POLICIES) {
        const { status, body } = await send({ path: `/${name}`, headers: [["x-key", "a"]] });
        statuses.push(`${name} ${status} ${status === 200 ? "" : body}`);
      }
      return statuses;
    },
  },
  {
    title: "the older cors of routes and virtual hosts",
    yaml: httpBootstrap({
      httpFilters: `
- { name: cors, typed_config: { "@type": ${TYPE}.cors.v3.Cors } }${ROUTER}`,
      routeConfig: `
name: local
virtual_hosts:
  - name: older
    domains: ["older.test"]
    cors:
      allow_origin_string_match: [{ exact: "http://a.test" }]
      allow_methods: GET
      max_age: "5"
      filter_enabled: { default_value: { numerator: 100 } }
    routes:
      - match: { prefix: "/own" }
        route:
          cluster: one
          cors: { allow_origin_string_match: [{ suffix: ".test" }], allow_headers: x-a, allow_credentials: true, expose_headers: x-b }
      - match: { prefix: "/off" }
        route: { cluster: one, cors: { filter_enabled: { default_value: { numerator: 0 } } } }
      - match: { prefix: "/typed" }
        route: { cluster: one, cors: { allow_origin_string_match: [{ suffix: ".test" }] } }
        typed_per_filter_config:
          cors: { "@type": ${TYPE}.cors.v3.CorsPolicy, allow_origin_string_match: [{ exact: "http://c.test" }] }
      - match: { prefix: "/empty" }
        route: { cluster: one }
        typed_per_filter_config:
          cors: { "@type": ${TYPE}.cors.v3.Cors }
      - { match: { prefix: "/" }, route: { cluster: one } }
  - name: none
    domains: ["*"]
    routes:
      - match: { prefix: "/empty" }
        route: { cluster: one }
        typed_per_filter_config:
          cors: { "@type": ${TYPE}.cors.v3.Cors }
      - { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: ["older.test", "b.test"].flatMap((host) =>
      ["/own", "/off", "/typed", "/empty", "/"].flatMap((path) =>
        ["http://a.test", "http://b.test"].flatMap((origin): CaseRequest[] => [
          {
            path,
            headers: [
              ["host", host],
              ["origin", origin],
            ],
          },
          {
            path,
            method: "OPTIONS",
            headers: [
              ["host", host],
              ["origin", origin],
              ["access-control-request-method", "GET"],
            ],
          },
        ]),
      ),
    ),
    stats: ["http.main.cors.origin_valid", "http.main.cors.origin_invalid"],
  },
  {
    title: "the first filter chain's older use_proxy_proto",
    yaml: httpBootstrap({ hcm: LOG("%DOWNSTREAM_REMOTE_ADDRESS%") }).replace(
      "        - filters:",
      "        - use_proxy_proto: true\n          filters:",
    ),
    async observe({ connect }) {
      const connection = await connect();
      connection.write("PROXY TCP4 1.2.3.4 5.6.7.8 1000 2000\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n");
      const { status } = await connection.response();
      connection.destroy();
      return status;
    },
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "the connection manager's older fields for access logs",
    yaml: httpBootstrap({
      hcm: `flush_access_log_on_new_request: true\naccess_log_flush_interval: 30s${LOG("%ACCESS_LOG_TYPE%")}`,
    }),
    requests: [get("/")],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "fields that Envoy takes without doing anything",
    yaml: httpBootstrap({
      bootstrap:
        "deferred_stat_options: { enable_deferred_creation_stats: false }\ngrpc_async_client_manager_config: {}\nmemory_allocator_manager: {}\nnode_context_params: [id]",
      listener:
        "reuse_port: true\nudp_listener_config: {}\nuse_original_dst: false\ndeprecated_v1: { bind_to_port: true }",
      hcm: `http3_protocol_options: {}
path_normalization_options: {}
http_protocol_options: { send_fully_qualified_url: true, use_balsa_parser: false }
http2_protocol_options: { use_oghttp2_codec: true, max_metadata_size: 1000, disallow_obs_text: true }`,
      routes: `- { match: { prefix: "/" }, route: { cluster: own, hedge_policy: { initial_requests: 1, additional_request_chance: { numerator: 1 } } } }`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        `
health_checks: [{ timeout: 1s, interval: 60s, unhealthy_threshold: 1, healthy_threshold: 1, alt_port: 1, tcp_health_check: {} }]
circuit_breakers: { per_host_thresholds: [{ max_connections: 5, track_remaining: true }] }
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http_protocol_options: { allow_absolute_url: true, allow_custom_methods: true, ignore_http_11_upgrade: [{ exact: a }], override_stream_error_on_invalid_http_message: true } }`,
      ),
    }),
    requests: [get("/")],
  },
  {
    title: "endpoints with the protocol UDP are connected to by TCP",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/udp" }, route: { cluster: udp } }
- { match: { prefix: "/listed" }, route: { cluster: listed } }
- { match: { prefix: "/filter" }, filter_action: {} }
- { match: { prefix: "/early" }, route: { cluster: one, early_data_policy: { name: e, typed_config: { "@type": type.googleapis.com/envoy.extensions.early_data.v3.DefaultEarlyDataPolicy } } } }`,
      clusters: `
- name: udp
  type: STATIC
  lrs_server: { self: {} }
  load_assignment: { cluster_name: udp, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { protocol: UDP, address: 127.0.0.1, port_value: {{upstream}} } } } }] }] }
- name: listed
  type: STATIC
  load_assignment: { cluster_name: listed, endpoints: [{ load_balancer_endpoints: { lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } } }] } }] }`,
    }),
    requests: [get("/udp"), get("/listed"), get("/filter"), get("/early")],
  },
  {
    title:
      "empty per-route configuration by the filter's own type says what the route's type does by default",
    yaml: httpBootstrap({
      httpFilters: `
- name: rbac
  typed_config: { "@type": ${TYPE}.rbac.v3.RBAC, rules: { action: DENY, policies: { all: { permissions: [{ any: true }], principals: [{ any: true }] } } } }
- { name: other, is_optional: true }
- { name: unknown, is_optional: true, typed_config: { "@type": type.googleapis.com/google.protobuf.Struct } }${ROUTER}`,
      routes: `
- match: { prefix: "/off" }
  route: { cluster: one }
  typed_per_filter_config: { rbac: { "@type": ${TYPE}.rbac.v3.RBAC } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [get("/off"), get("/")],
  },
  {
    title: "a route without users lets nobody in",
    yaml: httpBootstrap({
      httpFilters: `
- name: auth
  typed_config: { "@type": ${TYPE}.basic_auth.v3.BasicAuth, users: { inline_string: "u:{SHA}2kuSN7rMzfGcB2DKt67EqDWQELA=" } }${ROUTER}`,
      routes: `
- match: { prefix: "/none" }
  route: { cluster: one }
  typed_per_filter_config: { auth: { "@type": ${TYPE}.basic_auth.v3.BasicAuthPerRoute, users: { inline_string: "" } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [get("/none", ["authorization", "Basic dTp0ZXN0"]), get("/none"), get("/")],
  },
  {
    title: "state that was read_only is set again",
    yaml: httpBootstrap({
      hcm: LOG("%FILTER_STATE(a:PLAIN)%"),
      httpFilters: `${["one", "two"]
        .map(
          (text) => `
- name: ${text}
  typed_config:
    "@type": ${TYPE}.set_filter_state.v3.Config
    on_request_headers:
      - { object_key: a, factory_key: envoy.string, read_only: true, format_string: { text_format_source: { inline_string: ${text} } } }`,
        )
        .join("")}${ROUTER}`,
    }),
    requests: [get("/")],
    accessLog: { file: "access.log", lines: 1 },
  },
  ...(["path", "method", "scheme", "authority"] as const).map(
    (name): ConformanceCase => ({
      title: `early header mutation removes :${name}`,
      yaml: httpBootstrap({
        hcm: `early_header_mutation_extensions:
  - name: early
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
      mutations: [{ remove: ":${name}" }, { append: { header: { key: via, value: b } } }]${LOG("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %REQ(:PATH)% %REQ(:METHOD)% %REQ(:AUTHORITY)%")}`,
      }),
      requests: [get("/", ["via", "a"])],
      accessLog: { file: "access.log", lines: 1 },
    }),
  ),
];

/** By the 15th character of a request's id. */
async function reasons({ send, upstream }: Target): Promise<unknown> {
  const seen: unknown[] = [];
  for (const [path, name, value] of [
    ["/", "x-a", "b"],
    ["/never", "x-a", "b"],
    ["/decorated", "x-a", "b"],
    ["/decorated", "x-client-trace-id", "1"],
    ["/decorated", "x-envoy-decorator-operation", "theirs"],
    ["/", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ] as const) {
    const before = upstream.requests.length;
    const { fields } = await send({ path, headers: [[name, value]] });
    const request = upstream.requests[before];
    seen.push({
      path,
      operation: fields.filter(([field]) => field.startsWith("x-envoy-decorator")),
      passedOn: request?.header("x-envoy-decorator-operation"),
      parent: request?.header("traceparent"),
      reason: request?.header("x-request-id")?.[14],
    });
  }
  return seen;
}
