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
