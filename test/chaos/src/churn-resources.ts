import type { TestCertificate } from "@sluice/harness";
import type { YamlResources } from "@sluice/xds/testing";

const TYPE = '"@type": type.googleapis.com/envoy.extensions';
const ADS = "{ ads: {}, resource_api_version: V3 }";
const COMMON = "connect_timeout: 5s\ntrack_cluster_stats: { per_endpoint_stats: true }";
const CHECKS = `health_checks: [{ timeout: 5s, interval: 10s, unhealthy_threshold: 2, healthy_threshold: 1, http_health_check: { path: /health } }]
outlier_detection: { consecutive_5xx: 5, interval: 10s }
circuit_breakers: { thresholds: [{ max_connections: 100, track_remaining: true }] }`;

/** Numbers that name what there is, or tell its versions apart. */
export interface ChurnVariation {
  readonly clusters: readonly number[];
  readonly listeners: readonly number[];
  readonly chain: number;
  readonly route: number;
  readonly endpoint: number;
}

/** A listener `main` that sends requests to the cluster of their `x-cluster`, and what comes and goes beside it. */
export function churnResources(
  port: number,
  at: ChurnVariation,
  certificate: TestCertificate,
): YamlResources {
  const endpoints = (name: string, host: string): string =>
    `{ cluster_name: ${name}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } } }] }] }`;
  const host = `127.1.${Math.floor(at.endpoint / 200)}.${1 + (at.endpoint % 200)}`;
  const clusters: Record<string, string> = {
    eds: `name: eds\ntype: EDS\nignore_health_on_host_removal: true\neds_cluster_config: { eds_config: ${ADS} }\n${COMMON}\n${CHECKS}`,
  };
  for (const number of at.clusters) {
    const name = `c-${number}`;
    clusters[name] =
      `name: ${name}\ntype: STATIC\n${COMMON}\n${CHECKS}\nload_assignment: ${endpoints(name, "127.0.0.1")}`;
  }
  const listeners: Record<string, string> = {
    main: listener("main", "main", `server_name: churn-${at.chain}`),
  };
  const routes: Record<string, string> = { main: route("main", at.route) };
  for (const number of at.listeners) {
    const name = `l-${number}`;
    listeners[name] = `${listener(name, name, "")}\n${secureChain(name, certificate)}`;
    routes[name] = route(name, 0);
  }
  return {
    "envoy.config.cluster.v3.Cluster": clusters,
    "envoy.config.endpoint.v3.ClusterLoadAssignment": { eds: endpoints("eds", host) },
    "envoy.config.listener.v3.Listener": listeners,
    "envoy.config.route.v3.RouteConfiguration": routes,
  };
}

function route(name: string, version: number): string {
  return `
name: ${name}
virtual_hosts:
- name: all
  domains: ["*"]
  virtual_clusters: [{ name: v${version}, headers: [{ name: ":path", string_match: { prefix: / } }] }]
  response_headers_to_add: [{ header: { key: x-version, value: "${version}" } }]
  typed_per_filter_config:
    envoy.filters.http.local_ratelimit: { ${TYPE}.filters.http.local_ratelimit.v3.LocalRateLimit, stat_prefix: limit-${version}, token_bucket: { max_tokens: ${100_000 + version}, fill_interval: 1s }, filter_enabled: { default_value: { numerator: 100 } } }
  routes:
  - match: { safe_regex: { regex: "/.*" } }
    stat_prefix: r${version}
    route: { cluster_header: x-cluster, timeout: 30s, retry_policy: { retry_on: connect-failure, num_retries: 3 } }
`;
}

function manager(name: string, more: string): string {
  return `
    - name: envoy.filters.network.http_connection_manager
      typed_config:
        ${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: ${name}
        rds: { route_config_name: ${name}, config_source: ${ADS} }
        ${more}
        access_log: [{ name: file, typed_config: { ${TYPE}.access_loggers.file.v3.FileAccessLog, path: /dev/null, log_format: { json_format: { code: "%RESPONSE_CODE%", path: "%REQ(:PATH)%" } } } }]
        http_filters:
        - { name: envoy.filters.http.local_ratelimit, typed_config: { ${TYPE}.filters.http.local_ratelimit.v3.LocalRateLimit, stat_prefix: ${name} } }
        - { name: envoy.filters.http.rbac, typed_config: { ${TYPE}.filters.http.rbac.v3.RBAC } }
        - { name: envoy.filters.http.fault, typed_config: { ${TYPE}.filters.http.fault.v3.HTTPFault } }
        - { name: envoy.filters.http.router, typed_config: { ${TYPE}.filters.http.router.v3.Router } }`;
}

function listener(name: string, routeName: string, more: string): string {
  return `
name: ${name}
address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
stat_prefix: ${name}
filter_chains:
- filters:
    - name: envoy.filters.network.connection_limit
      typed_config: { ${TYPE}.filters.network.connection_limit.v3.ConnectionLimit, stat_prefix: ${name}, max_connections: 1000 }${manager(routeName, more)}`;
}

function secureChain(name: string, certificate: TestCertificate): string {
  return `
- filter_chain_match: { server_names: [secure.test] }
  filters:${manager(name, "")}
  transport_socket:
    name: envoy.transport_sockets.tls
    typed_config:
      ${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext
      common_tls_context:
        alpn_protocols: [h2, http/1.1]
        tls_certificates: [{ certificate_chain: { inline_string: ${JSON.stringify(certificate.certificate)} }, private_key: { inline_string: ${JSON.stringify(certificate.key)} } }]
listener_filters: [{ name: envoy.filters.listener.tls_inspector, typed_config: { ${TYPE}.filters.listener.tls_inspector.v3.TlsInspector } }]`;
}
