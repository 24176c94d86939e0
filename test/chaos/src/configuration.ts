import type { TestCertificate } from "@sluice/harness";
import type { YamlResources } from "@sluice/xds/testing";

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const LISTENER = "envoy.config.listener.v3.Listener";
const ROUTE = "envoy.config.route.v3.RouteConfiguration";
const ENDPOINT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
const TYPE = '"@type": type.googleapis.com/envoy.extensions';
const ADS = "{ ads: {}, resource_api_version: V3 }";

/** Clusters whose routes hide dead upstreams by retries; each has a route `/<name>/`. */
export const HTTP_CLUSTERS = ["robin", "least", "ring", "two"] as const;
export interface Ports {
  readonly http1: readonly number[];
  readonly http2: readonly number[];
  readonly tcp: readonly number[];
}

/** Whether the cluster `extra-<n>` speaks HTTP/2. */
export function isHttp2Extra(number: number): boolean {
  return number % 3 === 0;
}

/** What varies from one second to the next. */
export interface Variation {
  /** Counts up; shows in response headers and names. */
  readonly step: number;
  /** Index of the endpoint that is left out of the assignments, −1: none. */
  readonly leftOut: number;
  /** Which filters stand before the router. */
  readonly filters: number;
  /** Changes the listeners themselves, not only their chains. */
  readonly listenerShape: number;
  /** Numbers of the clusters with a route `/extra-<n>/` that come and go. */
  readonly extraClusters: readonly number[];
  /** Numbers of the listeners `extra-<n>` that come and go. */
  readonly extraListeners: readonly number[];
  /** A resource that no node can take. */
  readonly bad: "" | "cluster" | "route" | "listener";
}

export function resourcesFor(ports: Ports, at: Variation, certificate: TestCertificate): YamlResources {
  return {
    [CLUSTER]: clusters(ports, at),
    [ENDPOINT]: endpoints(ports, at),
    [LISTENER]: listeners(at, certificate),
    [ROUTE]: routes(at),
  };
}

const COMMON = `connect_timeout: 2s
circuit_breakers: { thresholds: [{ max_connections: 10000, max_pending_requests: 10000, max_requests: 10000, max_retries: 10000 }] }`;
const OUTLIERS = `outlier_detection: { consecutive_5xx: 5, interval: 0.5s, base_ejection_time: 1s, max_ejection_percent: 40 }`;
const HTTP2 = `typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    ${TYPE}.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http2_protocol_options: {} }`;

function healthChecks(check: string): string {
  return `health_checks: [{ timeout: 2s, interval: 0.7s, no_traffic_interval: 1s, unhealthy_threshold: 2, healthy_threshold: 1, ${check} }]`;
}

function clusters(ports: Ports, at: Variation): Record<string, string> {
  const http = healthChecks("http_health_check: { path: /health }");
  const eds = (name: string): string =>
    `name: ${name}\ntype: EDS\neds_cluster_config: { eds_config: ${ADS} }\n${COMMON}`;
  // A changed field makes a new cluster of the same name, which takes the old one's place once it is warm.
  const odd = Math.floor(at.step / 7) % 2;
  const all: Record<string, string> = {
    robin: `${eds("robin")}\nlb_policy: ROUND_ROBIN\n${OUTLIERS}\n${http}`,
    least: `name: least\ntype: STATIC\nlb_policy: LEAST_REQUEST\n${COMMON}\n${OUTLIERS}\n${assignment("least", ports.http1)}\nleast_request_lb_config: { choice_count: ${2 + odd} }`,
    ring: `${eds("ring")}\nlb_policy: RING_HASH\nring_hash_lb_config: { minimum_ring_size: ${64 << odd} }\n${http}`,
    two: `${eds("two")}\nlb_policy: ROUND_ROBIN\n${HTTP2}\n${OUTLIERS}\n${http}`,
    stream: `name: stream\ntype: STATIC\nlb_policy: ROUND_ROBIN\n${COMMON}\n${assignment("stream", ports.tcp)}\n${healthChecks("tcp_health_check: {}")}`,
  };
  for (const number of at.extraClusters) {
    const name = `extra-${number}`;
    const two = isHttp2Extra(number);
    all[name] =
      `name: ${name}\ntype: STATIC\nlb_policy: ${["ROUND_ROBIN", "RANDOM", "MAGLEV", "LEAST_REQUEST"][number % 4]}\n${COMMON}\n${two ? HTTP2 : ""}\n${assignment(name, two ? ports.http2 : ports.http1)}\n${number % 2 === 0 ? http : ""}`;
  }
  if (at.bad === "cluster") all.broken = "name: broken\nlb_policy: CLUSTER_PROVIDED\nconnect_timeout: 1s";
  return all;
}

function assignment(name: string, ports: readonly number[]): string {
  return `load_assignment: ${endpointsYaml(name, ports)}`;
}

function endpointsYaml(name: string, ports: readonly number[]): string {
  const list = ports.map(
    (port) => `{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }`,
  );
  return `{ cluster_name: ${name}, endpoints: [{ lb_endpoints: [${list.join(", ")}] }] }`;
}

function endpoints(ports: Ports, at: Variation): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of ["robin", "ring", "two"]) {
    const some = (name === "two" ? ports.http2 : ports.http1).filter((_port, index) => index !== at.leftOut);
    all[name] = endpointsYaml(name, some);
  }
  return all;
}

/** Hides a dead upstream: what has no answer yet is tried elsewhere. */
const RETRIES =
  `retry_policy: { retry_on: "connect-failure,reset-before-request,reset,refused-stream,5xx", num_retries: 12, per_try_timeout: 20s, ` +
  "retry_back_off: { base_interval: 0.005s, max_interval: 0.1s }, host_selection_retry_max_attempts: 20, " +
  `retry_host_predicate: [{ name: envoy.retry_host_predicates.previous_hosts, typed_config: { ${TYPE}.retry.host.previous_hosts.v3.PreviousHostsPredicate } }] }`;

function routes(at: Variation): Record<string, string> {
  const forward = (name: string, more = ""): string => `
  - name: ${name}
    match: { prefix: /${name}/ }
    route:
      cluster: ${name}
      timeout: 60s
      hash_policy: [{ header: { header_name: x-chaos-id } }]
      ${RETRIES}
    ${more}`;
  const text = (name: string, version: string, bad: string): string => `
name: ${name}
virtual_hosts:
- name: all
  domains: ["*"]
  response_headers_to_add: [{ header: { key: x-step, value: "${version}" } }]
  routes:
  - { match: { path: /direct }, direct_response: { status: 200, body: { inline_string: direct } } }
  - match: { prefix: /tunnel/ }
    route: { cluster: robin, timeout: 0s, ${RETRIES} }
${HTTP_CLUSTERS.map((cluster) => forward(cluster)).join("")}
${at.extraClusters.map((number) => forward(`extra-${number}`)).join("")}
${bad}`;
  const bad = '  - { match: { safe_regex: { regex: "(" } }, direct_response: { status: 200 } }';
  return {
    main: text("main", String(at.step), at.bad === "route" ? bad : ""),
  };
}

function filters(choice: number): string {
  const filter = (name: string, type: string, more = ""): string =>
    `\n        - { name: envoy.filters.http.${name}, typed_config: { ${TYPE}.filters.http.${type}${more} } }`;
  const all = [
    filter(
      "header_mutation",
      "header_mutation.v3.HeaderMutation",
      ", mutations: { response_mutations: [{ append: { header: { key: x-mutated, value: '%PROTOCOL%' } } }] }",
    ),
    filter("cors", "cors.v3.Cors"),
    filter("fault", "fault.v3.HTTPFault", ", delay: { fixed_delay: 0.02s, percentage: { numerator: 10 } }"),
    filter("grpc_stats", "grpc_stats.v3.FilterConfig"),
    filter(
      "health_check",
      "health_check.v3.HealthCheck",
      ", pass_through_mode: false, headers: [{ name: ':path', string_match: { exact: /healthz } }]",
    ),
  ];
  return all.filter((_text, index) => (choice & (1 << index)) !== 0).join("");
}

function manager(name: string, at: Variation, more = ""): string {
  return `
    - name: envoy.filters.network.http_connection_manager
      typed_config:
        ${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager
        stat_prefix: ${name.startsWith("extra") ? "extra" : name}
        ${name.startsWith("extra") ? "" : `server_name: chaos-${at.filters}`}
        rds: { route_config_name: main, config_source: ${ADS} }
        upgrade_configs: [{ upgrade_type: websocket }]
        ${more}
        access_log: [{ name: file, typed_config: { ${TYPE}.access_loggers.file.v3.FileAccessLog, path: "{{dir}}/${name.startsWith("extra") ? "extra" : name}.log", log_format: { json_format: { id: "%REQ(X-CHAOS-ID)%", code: "%RESPONSE_CODE%", flags: "%RESPONSE_FLAGS%", details: "%RESPONSE_CODE_DETAILS%", path: "%REQ(:PATH)%", ms: "%DURATION%", upstream: "%UPSTREAM_HOST%", attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%", failure: "%UPSTREAM_TRANSPORT_FAILURE_REASON%" } } } }]
        http_filters:${filters(at.filters)}
        - { name: envoy.filters.http.router, typed_config: { ${TYPE}.filters.http.router.v3.Router } }`;
}

function listeners(at: Variation, certificate: TestCertificate): Record<string, string> {
  const head = (name: string): string => `
name: ${name}
address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
per_connection_buffer_limit_bytes: ${name.startsWith("extra") ? 1 << 20 : (1 << 20) + 4096 * at.listenerShape}`;
  const tls = `
  transport_socket:
    name: envoy.transport_sockets.tls
    typed_config:
      ${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext
      common_tls_context:
        alpn_protocols: [h2, http/1.1]
        tls_certificates: [{ certificate_chain: { inline_string: ${JSON.stringify(certificate.certificate)} }, private_key: { inline_string: ${JSON.stringify(certificate.key)} } }]`;
  const steady = { ...at, filters: 0 };
  const all: Record<string, string> = {
    plain: `${head("plain")}
filter_chains:
- filters:${manager("plain", at)}`,
    clear2: `${head("clear2")}
filter_chains:
- filters:${manager("clear2", at, "codec_type: HTTP2")}`,
    tls: `${head("tls")}
listener_filters: [{ name: envoy.filters.listener.tls_inspector, typed_config: { ${TYPE}.filters.listener.tls_inspector.v3.TlsInspector } }]
filter_chains:
- filter_chain_match: { server_names: [changing.test] }
  filters:${manager("tls", at)}${tls}
- filter_chain_match: { server_names: [steady.test] }
  filters:${manager("steady", steady)}${tls}`,
    tcp: `${head("tcp")}
filter_chains:
- filters:
    - name: envoy.filters.network.tcp_proxy
      typed_config: { ${TYPE}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: stream, max_connect_attempts: 10 }`,
  };
  for (const number of at.extraListeners)
    all[`extra-${number}`] = `${head(`extra-${number}`)}
filter_chains:
- filters:${manager("extra", steady)}`;
  if (at.bad === "listener")
    all.broken = `${head("broken")}\nfilter_chains: [{ filters: [{ name: envoy.filters.network.tcp_proxy, typed_config: { ${TYPE}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: bad, cluster: stream, max_connect_attempts: 0 } }] }]`;
  return all;
}

export function bootstrap(port: number, apiType: "GRPC" | "DELTA_GRPC"): string {
  return `
node: { id: chaos, cluster: tests }
stats_flush_interval: 1s
dynamic_resources:
  ads_config: { api_type: ${apiType}, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: control } }] }
  lds_config: ${ADS}
  cds_config: ${ADS}
static_resources:
  clusters:
  - name: control
    connect_timeout: 5s
    ${HTTP2.replaceAll("\n", "\n    ")}
    ${assignment("control", [port])}
`;
}
