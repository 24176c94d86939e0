import { httpBootstrap, staticCluster } from "./bootstrap.ts";

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
];
