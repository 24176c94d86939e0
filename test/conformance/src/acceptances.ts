import { fileLog, httpBootstrap, staticCluster } from "./bootstrap.ts";

/** A bootstrap, and whether Envoy takes it. */
export interface Acceptance {
  readonly title: string;
  readonly taken: boolean;
  /** What a refusal says. */
  readonly says?: RegExp;
  readonly yaml: string;
}

const PORTS: Readonly<Record<string, string>> = { upstream: "1", upstream2: "2", dead: "3" };

function bootstrap(parts: Parameters<typeof httpBootstrap>[0]): string {
  return httpBootstrap(parts).replaceAll(
    /\{\{(upstream2?|dead)\}\}/g,
    (_all, name: string) => PORTS[name] ?? "",
  );
}

const WEIGHTED = `
- match: { prefix: / }
  route: { weighted_clusters: { runtime_key_prefix: parts, clusters: [{ name: one, weight: 1 }, { name: two, weight: 1 }] } }
`;
const inVersion = (version: string | undefined): string =>
  version === undefined ? "" : `, transport_api_version: ${version}`;
const RUNTIME = (one: number, two: number): string =>
  `layered_runtime: { layers: [{ name: static, static_layer: { parts.one: ${one}, parts.two: ${two} } }] }`;

const HITS = `{ actions: [{ remote_address: {} }], hits_addend: { number: 3, format: "%BYTES_RECEIVED%" } }`;

const localRateLimit = (fields: string): string => `
- name: limit
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit, stat_prefix: x, token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: 1s }, ${fields} }
- name: router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";

/** Logs in a directory that is not there. */
const UNOPENED: readonly (readonly [what: string, parts: Parameters<typeof httpBootstrap>[0]])[] = [
  ["an access log", { hcm: `access_log: ${fileLog("x", "none/log")}` }],
  [
    "the admin interface's log",
    {
      bootstrap: `admin: { access_log_path: "{{dir}}/none/log", address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }`,
    },
  ],
  [
    "an outlier log",
    { bootstrap: `cluster_manager: { outlier_detection: { event_log_path: "{{dir}}/none/log" } }` },
  ],
  [
    "a log of health checks",
    {
      clusters: staticCluster(
        "checked",
        ["{{upstream}}"],
        `health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {}, event_log_path: "{{dir}}/none/log" }]`,
      ),
    },
  ],
  [
    "a log of TLS keys",
    {
      clusters: staticCluster(
        "secure",
        ["{{upstream}}"],
        `transport_socket: { name: tls, typed_config: { "@type": ${TLS}.UpstreamTlsContext, common_tls_context: { key_log: { path: "{{dir}}/none/log" } } } }`,
      ),
    },
  ],
];

export const ACCEPTANCES: readonly Acceptance[] = [
  {
    title: "runtime may not set all weights of clusters to 0",
    taken: false,
    says: /weighted_clusters\.clusters: Sum of weights in the weighted_cluster must be greater than 0/,
    yaml: bootstrap({ routes: WEIGHTED, bootstrap: RUNTIME(0, 0) }),
  },
  {
    title: "runtime may set one weight to 0",
    taken: true,
    yaml: bootstrap({ routes: WEIGHTED, bootstrap: RUNTIME(0, 1) }),
  },
  {
    title: "older fields of access logs stand alone",
    taken: false,
    says: /only one of flush_access_log_on_new_request and access_log_options/,
    yaml: bootstrap({ hcm: "flush_access_log_on_new_request: true\naccess_log_options: {}" }),
  },
  {
    title: "the older watchdog stands alone",
    taken: false,
    says: /only one of watchdog and watchdogs/,
    yaml: bootstrap({ bootstrap: "watchdog: {}\nwatchdogs: {}" }),
  },
  {
    title: "the older watchdog, tracing, access log and resolver of a bootstrap",
    taken: true,
    yaml: bootstrap({
      bootstrap: `watchdog: { miss_timeout: 1s }
tracing: {}
admin: { access_log_path: /dev/null, address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
dns_resolution_config: { resolvers: [{ socket_address: { address: 127.0.0.1, port_value: 53 } }] }`,
    }),
  },
  {
    title: "messages of load balancing policies are held to no rules",
    taken: true,
    yaml: bootstrap({
      clusters: staticCluster(
        "policy",
        ["{{upstream}}"],
        `load_balancing_policy: { policies: [{ typed_extension_config: { name: policy, typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest, choice_count: 0, locality_lb_config: {} } } }] }`,
      ),
    }),
  },
  {
    title: "a ring's least size may not be above its greatest",
    taken: false,
    yaml: bootstrap({
      clusters: staticCluster(
        "policy",
        ["{{upstream}}"],
        `load_balancing_policy: { policies: [{ typed_extension_config: { name: policy, typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash, minimum_ring_size: 2, maximum_ring_size: 1 } } }] }`,
      ),
    }),
  },
  {
    title: "settings of c-ares's sockets",
    taken: true,
    yaml: bootstrap({
      bootstrap: `typed_dns_resolver_config:
  name: envoy.network.dns_resolver.cares
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig
    udp_max_queries: 100
    filter_unroutable_families: true`,
    }),
  },
  {
    title: "the extension for listeners without a socket, where there are none",
    taken: true,
    yaml: bootstrap({
      bootstrap: `bootstrap_extensions:
- name: internal
  typed_config: { "@type": type.googleapis.com/xds.type.v3.TypedStruct, type_url: type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener, value: { buffer_size_kb: 64 } }`,
    }),
  },
  {
    title: "the extension for listeners without a socket, with a buffer out of range",
    taken: false,
    yaml: bootstrap({
      bootstrap: `bootstrap_extensions: [{ name: internal, typed_config: { "@type": type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener, buffer_size_kb: 100000 } }]`,
    }),
  },
  {
    title: "stats that are let go of every other flush",
    taken: true,
    yaml: bootstrap({ bootstrap: "stats_flush_interval: 2s\nstats_eviction_interval: 4s" }),
  },
  {
    title: "stats that are let go of between two flushes",
    taken: false,
    says: /stats_eviction_interval: must be a multiple of stats_flush_interval/,
    yaml: bootstrap({ bootstrap: "stats_flush_interval: 2s\nstats_eviction_interval: 3s" }),
  },
  {
    title: "a rule for tags that looks ahead",
    taken: true,
    yaml: bootstrap({
      bootstrap: `stats_config: { stats_tags: [{ tag_name: x, regex: '^listener(?=\\.).*?\\.http\\.(((?:[_.[:digit:]]*))\\.)' }] }`,
    }),
  },
  {
    title: "a rule for tags that looks behind",
    taken: false,
    yaml: bootstrap({ bootstrap: "stats_config: { stats_tags: [{ tag_name: x, regex: '(?<=a)(b)' }] }" }),
  },
  ...[undefined, "AUTO", "V3", "V2"].map((version) => ({
    title: `services whose version of the transport is ${version ?? "left out"}`,
    taken: version !== "V2",
    yaml: bootstrap({
      hcm: `access_log: [{ name: grpc, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig, common_config: { log_name: a, grpc_service: { envoy_grpc: { cluster_name: one } }${inVersion(version)} } } }]`,
      clusters: `
- name: discovered
  type: EDS
  eds_cluster_config: { eds_config: { api_config_source: { api_type: GRPC, grpc_services: [{ envoy_grpc: { cluster_name: one } }]${inVersion(version)} } } }`,
      bootstrap: `dynamic_resources: { ads_config: { api_type: GRPC, grpc_services: [{ envoy_grpc: { cluster_name: one } }]${inVersion(version)} } }
stats_sinks: [{ name: metrics, typed_config: { "@type": type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig, grpc_service: { envoy_grpc: { cluster_name: one } }${inVersion(version)} } }]`,
    }),
  })),
  {
    title: "stages of limits that stand in the rate limit filter",
    taken: false,
    says: /'stage' field and 'disable_key' field are not supported/,
    yaml: bootstrap({
      httpFilters: `
- name: limit
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit
    domain: a
    rate_limit_service: { grpc_service: { envoy_grpc: { cluster_name: one } } }
    rate_limits: [{ stage: 1, actions: [{ source_cluster: {} }] }]
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
    }),
  },
  {
    title: "both versions of addresses at an address of version 4",
    taken: false,
    yaml: bootstrap({
      listener:
        "additional_addresses: [{ address: { socket_address: { address: 127.0.0.1, port_value: 0, ipv4_compat: true } } }]",
    }),
  },
  {
    title: "an HTTP filter without a type, unless it is optional",
    taken: false,
    says: /x needs a typed_config/,
    yaml: bootstrap({
      httpFilters: `
- { name: x }
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
    }),
  },
  {
    title: "hits of a rate limit are a number or a format in a filter's own list",
    taken: false,
    says: /hits_addend must contain either a format or a number/,
    yaml: bootstrap({ httpFilters: localRateLimit(`rate_limits: [${HITS}]`) }),
  },
  {
    title: "hits of a route's rate limits are not looked at",
    taken: true,
    yaml: bootstrap({
      routes: `- { match: { prefix: / }, route: { cluster: one, rate_limits: [${HITS}] } }`,
    }),
  },
  {
    title: "requests wait for connections in their order",
    taken: true,
    yaml: bootstrap({
      clusters: staticCluster(
        "policy",
        ["{{upstream}}"],
        `queuing_policies: { pending_rq_policy: { name: q, typed_config: { "@type": type.googleapis.com/envoy.extensions.queue_policy.fifo.v3.FifoQueuePolicyConfig } } }`,
      ),
    }),
  },
  {
    title: "a policy of queues needs a type",
    taken: false,
    yaml: bootstrap({
      clusters: staticCluster(
        "policy",
        ["{{upstream}}"],
        "queuing_policies: { pending_rq_policy: { name: envoy.queue_policy.fifo } }",
      ),
    }),
  },
  {
    title: "directories to watch, where nothing is watched",
    taken: true,
    yaml: bootstrap({
      clusters: staticCluster(
        "secure",
        ["{{upstream}}"],
        `transport_socket: { name: tls, typed_config: { "@type": ${TLS}.UpstreamTlsContext, common_tls_context: { validation_context: { watched_directory: { path: "{{dir}}/none" }, verify_certificate_hash: ["${"a0".repeat(32)}"] } } } }`,
      ),
      hcm: `local_reply_config: { body_format: { text_format_source: { inline_string: x, watched_directory: { path: "{{dir}}/none" } } } }`,
    }),
  },
  {
    title: "the directory of a direct response's file must be there",
    taken: false,
    yaml: bootstrap({
      routes: `- { match: { prefix: / }, direct_response: { status: 200, body: { filename: "{{dir}}/bootstrap.yaml", watched_directory: { path: "{{dir}}/none" } } } }`,
    }).replace("name: local", "name: local\n                  max_direct_response_body_size_bytes: 100000"),
  },
  ...UNOPENED.map(([what, parts]) => ({
    title: `the directory of ${what} must be there`,
    taken: false,
    says: /none\/log/,
    yaml: bootstrap(parts),
  })),
  {
    title: "the file of a secret must be there",
    taken: false,
    says: /paths must refer to an existing path in the system/,
    yaml: bootstrap({
      clusters: staticCluster(
        "secure",
        ["{{upstream}}"],
        `transport_socket: { name: tls, typed_config: { "@type": ${TLS}.UpstreamTlsContext, common_tls_context: { validation_context_sds_secret_config: { name: x, sds_config: { resource_api_version: V3, path_config_source: { path: "{{dir}}/none.yaml" } } } } } }`,
      ),
    }),
  },
  ...[
    ["statsd", `tcp_cluster_name: nope`],
    ["metrics service", `transport_api_version: V3, grpc_service: { envoy_grpc: { cluster_name: nope } }`],
  ].map(([what, fields]) => ({
    title: `the cluster of a ${what} sink must be there`,
    taken: false,
    says: /nope/,
    yaml: bootstrap({
      bootstrap: `stats_sinks: [{ name: s, typed_config: { "@type": type.googleapis.com/envoy.config.metrics.v3.${what === "statsd" ? "StatsdSink" : "MetricsServiceConfig"}, ${fields} } }]`,
    }),
  })),
  {
    title: "an access log of the admin interface needs a type",
    taken: false,
    yaml: bootstrap({
      bootstrap: `admin: { access_log: [{}], address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }`,
    }),
  },
];
