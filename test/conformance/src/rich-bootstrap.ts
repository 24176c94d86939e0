import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { requestOnce, TestCertificates } from "@sluice/harness";
import { endpoint, indent, staticCluster } from "./bootstrap.ts";
import type { CaseRequest, Target } from "./conformance-case.ts";
import { fileSource } from "./xds-files.ts";

const certificates = TestCertificates.ofProcess();
const ca = certificates.create("ca", { ca: true });
const own = certificates.create("own", { issuer: ca, names: "DNS:own.test" });
const inline = (text: string): string => `{ inline_string: ${JSON.stringify(text)} }`;
const CERTIFICATE = `{ certificate_chain: ${inline(own.certificate)}, private_key: ${inline(own.key)} }`;
const TYPE = "type.googleapis.com/envoy";
const HTTP = `${TYPE}.extensions.filters.http`;
const NETWORK = `${TYPE}.extensions.filters.network`;

const filter = (name: string, type: string, fields = ""): string =>
  `- { name: envoy.filters.http.${name}, typed_config: { "@type": ${HTTP}.${name}.v3.${type}${fields === "" ? "" : `, ${fields}`} } }`;

const FILTERS = [
  filter(
    "health_check",
    "HealthCheck",
    'pass_through_mode: false, headers: [{ name: ":path", string_match: { exact: /healthz } }]',
  ),
  filter("cors", "Cors"),
  filter("csrf", "CsrfPolicy", "filter_enabled: { default_value: { numerator: 100 } }"),
  filter(
    "fault",
    "HTTPFault",
    "abort: { http_status: 503, percentage: { numerator: 100 } }, headers: [{ name: x-abort, present_match: true }]",
  ),
  filter(
    "rbac",
    "RBAC",
    "rules: { action: DENY, policies: { no: { permissions: [{ header: { name: x-deny, present_match: true } }], principals: [{ any: true }] } } }, shadow_rules: { policies: { yes: { permissions: [{ any: true }], principals: [{ any: true }] } } }, shadow_rules_stat_prefix: shadowed, track_per_rule_stats: true, rules_stat_prefix: ruled",
  ),
  `- { name: envoy.filters.http.local_ratelimit, typed_config: { "@type": ${HTTP}.local_ratelimit.v3.LocalRateLimit, stat_prefix: limits, token_bucket: { max_tokens: 1000, tokens_per_fill: 1000, fill_interval: 60s }, filter_enabled: { default_value: { numerator: 100 } }, filter_enforced: { default_value: { numerator: 100 } } } }`,
  filter(
    "basic_auth",
    "BasicAuth",
    'users: { inline_string: "a:{SHA}Ho2WWxV2UxlyIx+I7fYmXKgFuR4=" }, allow_missing: true',
  ),
  filter("buffer", "Buffer", "max_request_bytes: 10000"),
  filter(
    "compressor",
    "Compressor",
    `compressor_library: { name: gzip, typed_config: { "@type": ${TYPE}.extensions.compression.gzip.compressor.v3.Gzip } }`,
  ),
  filter(
    "decompressor",
    "Decompressor",
    `decompressor_library: { name: gunzip, typed_config: { "@type": ${TYPE}.extensions.compression.gzip.decompressor.v3.Gzip } }`,
  ),
  filter("grpc_stats", "FilterConfig", "stats_for_all_methods: true, enable_upstream_stats: true"),
  filter(
    "header_to_metadata",
    "Config",
    "request_rules: [{ header: x-meta, on_header_present: { metadata_namespace: a, key: b } }]",
  ),
  filter("on_demand", "OnDemand"),
  filter("router", "Router"),
].join("\n");

const VHOST = `
- name: all
  domains: ["*"]
  virtual_clusters: [{ name: api, headers: [{ name: ":path", string_match: { prefix: /api } }] }]
  typed_per_filter_config: { envoy.filters.http.cors: { "@type": ${HTTP}.cors.v3.CorsPolicy, allow_origin_string_match: [{ exact: "http://a.test" }] } }
  routes:
    - { match: { path: /retry }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 1, retry_back_off: { base_interval: 0.001s } } } }
    - { match: { path: /timeout }, route: { cluster: one, timeout: 0.1s } }
    - { match: { path: /two }, route: { cluster: two, hash_policy: [{ header: { header_name: x-hash } }] } }
    - { match: { path: /tls }, route: { cluster: tls } }
    - { match: { path: /subset }, stat_prefix: subsets, route: { cluster: subset, metadata_match: { filter_metadata: { envoy.lb: { stage: prod } } } } }
    - { match: { path: /dead }, route: { cluster: dead, retry_policy: { retry_on: connect-failure, num_retries: 1 } } }
    - { match: { path: /eds }, route: { cluster: eds } }
    - { match: { path: /dns }, route: { cluster: dns } }
    - { match: { path: /cds }, route: { cluster: cds } }
    - { match: { path: /none }, route: { cluster: nowhere } }
    - { match: { path: /redirect }, redirect: { path_redirect: / } }
    - { match: { path: /direct }, direct_response: { status: 200 } }
    - { match: { path: /shadow }, route: { cluster: one, request_mirror_policies: [{ cluster: two }] } }
    - { match: { prefix: /api }, stat_prefix: api, route: { cluster: one } }
    - { match: { prefix: / }, route: { cluster: one } }
`;

function hcm(prefix: string, routes: string, filters: string, more = ""): string {
  return `
- name: envoy.filters.network.http_connection_manager
  typed_config:
    "@type": ${NETWORK}.http_connection_manager.v3.HttpConnectionManager
    stat_prefix: ${prefix}
${indent(more, 4)}
${indent(routes, 4)}
    http_filters:
${indent(filters, 6)}`;
}

const inlineRoutes = (name: string, vhosts: string): string =>
  `route_config:\n  name: ${name}\n  validate_clusters: false\n  virtual_hosts:\n${indent(vhosts, 4)}`;
const ALL_TO_ONE = `- { name: plain, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: one } }] }`;
const ROUTER = filter("router", "Router");

function listener(name: string, filters: string, more = "", chain = ""): string {
  return `
- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  stat_prefix: ${name}
${indent(more, 2)}
  filter_chains:
    - name: ${name}-chain
${indent(chain, 6)}
      filters:
${indent(filters, 8)}`;
}

const DOWNSTREAM_TLS = (certificate: string): string => `
transport_socket:
  name: tls
  typed_config:
    "@type": ${TYPE}.extensions.transport_sockets.tls.v3.DownstreamTlsContext
    common_tls_context:
      alpn_protocols: [h2, http/1.1]
      ${certificate}`;

const TCP = (prefix: string): string =>
  `- { name: envoy.filters.network.tcp_proxy, typed_config: { "@type": ${NETWORK}.tcp_proxy.v3.TcpProxy, stat_prefix: ${prefix}, cluster: tcp } }`;

const LISTENERS = [
  listener(
    "main",
    hcm(
      "main",
      inlineRoutes("local", VHOST),
      FILTERS,
      `add_user_agent: true
access_log: [{ name: file, typed_config: { "@type": ${TYPE}.extensions.access_loggers.file.v3.FileAccessLog, path: "{{dir}}/access.log" } }]`,
    ),
    `listener_filters:
  - { name: envoy.filters.listener.http_inspector, typed_config: { "@type": ${TYPE}.extensions.filters.listener.http_inspector.v3.HttpInspector } }`,
  ),
  listener(
    "secure",
    hcm("secure", inlineRoutes("plain", ALL_TO_ONE), ROUTER),
    `listener_filters:
  - { name: envoy.filters.listener.tls_inspector, typed_config: { "@type": ${TYPE}.extensions.filters.listener.tls_inspector.v3.TlsInspector } }`,
    DOWNSTREAM_TLS(`tls_certificates: [${CERTIFICATE}]`),
  ),
  listener(
    "sds",
    hcm("sds", inlineRoutes("plain2", ALL_TO_ONE), ROUTER, "codec_type: HTTP2"),
    "",
    DOWNSTREAM_TLS(
      `tls_certificate_sds_secret_configs: [{ name: own, sds_config: ${fileSource("sds.yaml")} }]`,
    ),
  ),
  listener(
    "rds",
    hcm("rds", `rds: { route_config_name: routes, config_source: ${fileSource("rds.yaml")} }`, ROUTER),
  ),
  listener("h2", hcm("h2", inlineRoutes("plain3", ALL_TO_ONE), ROUTER, "codec_type: HTTP2")),
  listener(
    "tcp",
    `- { name: envoy.filters.network.rbac, typed_config: { "@type": ${NETWORK}.rbac.v3.RBAC, stat_prefix: tcprules., rules: { policies: { all: { permissions: [{ any: true }], principals: [{ any: true }] } } } } }
- { name: envoy.filters.network.connection_limit, typed_config: { "@type": ${NETWORK}.connection_limit.v3.ConnectionLimit, stat_prefix: climit, max_connections: 100 } }
- { name: envoy.filters.network.local_ratelimit, typed_config: { "@type": ${NETWORK}.local_ratelimit.v3.LocalRateLimit, stat_prefix: nlimit, token_bucket: { max_tokens: 100, tokens_per_fill: 100, fill_interval: 60s } } }
${TCP("tcp")}`,
    `listener_filters:
  - { name: envoy.filters.listener.proxy_protocol, typed_config: { "@type": ${TYPE}.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, allow_requests_without_proxy_protocol: true, stat_prefix: pp } }`,
  ),
];

const CLUSTERS = [
  staticCluster(
    "one",
    ["{{upstream}}"],
    `track_cluster_stats: { timeout_budgets: true, request_response_sizes: true, per_endpoint_stats: true }
circuit_breakers: { thresholds: [{ track_remaining: true }] }
outlier_detection: { consecutive_5xx: 50, split_external_local_origin_errors: true }`,
  ),
  staticCluster(
    "two",
    ["{{upstream2}}"],
    `alt_stat_name: "the.two:alt"
lb_policy: RING_HASH
health_checks:
  - { timeout: 1s, interval: 60s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /check } }`,
  ),
  staticCluster("dead", ["{{dead}}"]),
  staticCluster(
    "tcp",
    ["{{tcp}}"],
    "health_checks:\n  - { timeout: 1s, interval: 60s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }",
  ),
  staticCluster(
    "tls",
    ["{{tcp}}"],
    `transport_socket:
  name: tls
  typed_config:
    "@type": ${TYPE}.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    sni: own.test
    common_tls_context: { validation_context_sds_secret_config: { name: roots, sds_config: ${fileSource("roots.yaml")} } }`,
  ),
  `- name: subset
  type: STATIC
  lb_subset_config: { fallback_policy: ANY_ENDPOINT, subset_selectors: [{ keys: [stage] }] }
  load_assignment:
    cluster_name: subset
    endpoints:
      - lb_endpoints:
          - ${endpoint("{{upstream}}", ", metadata: { filter_metadata: { envoy.lb: { stage: prod } } }")}
          - ${endpoint("{{upstream2}}", ", metadata: { filter_metadata: { envoy.lb: { stage: dev } } }")}`,
  `- name: eds
  type: EDS
  lb_policy: MAGLEV
  eds_cluster_config: { eds_config: ${fileSource("eds.yaml")} }`,
  `- name: dns
  type: STRICT_DNS
  dns_lookup_family: V4_ONLY
  load_assignment: { cluster_name: dns, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: localhost, port_value: {{upstream}} } } } }] }] }`,
  `- name: logical
  type: LOGICAL_DNS
  dns_lookup_family: V4_ONLY
  load_assignment: { cluster_name: logical, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: localhost, port_value: {{upstream}} } } } }] }] }`,
  `- name: h2up
  type: STATIC
  typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": ${TYPE}.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http2_protocol_options: {} } } }
  load_assignment: { cluster_name: h2up, endpoints: [{ lb_endpoints: [${endpoint("{{upstream}}")}] }] }`,
  `- name: original
  type: ORIGINAL_DST
  lb_policy: CLUSTER_PROVIDED`,
  `- name: aggregate
  lb_policy: CLUSTER_PROVIDED
  cluster_type: { name: envoy.clusters.aggregate, typed_config: { "@type": ${TYPE}.extensions.clusters.aggregate.v3.ClusterConfig, clusters: [one, two] } }`,
];

const lds = `
version_info: "1"
resources:
${indent(listener("lds", hcm("lds", inlineRoutes("plain4", ALL_TO_ONE), ROUTER)).replace("- name: lds", `- "@type": ${TYPE}.config.listener.v3.Listener\n  name: lds`), 0)}
`;
const cds = `
version_info: "1"
resources:
- "@type": ${TYPE}.config.cluster.v3.Cluster
${indent(staticCluster("cds", ["{{upstream}}"]).replace("- name: cds", "  name: cds"), 0)}
`;

export const RICH_FILES: Readonly<Record<string, string>> = {
  "lds.yaml": lds,
  "cds.yaml": cds,
  "rds.yaml": `
version_info: "7"
resources:
- "@type": ${TYPE}.config.route.v3.RouteConfiguration
  name: routes
  virtual_hosts: [${ALL_TO_ONE.slice(2)}]
`,
  "eds.yaml": `
version_info: "3"
resources:
- "@type": ${TYPE}.config.endpoint.v3.ClusterLoadAssignment
  cluster_name: eds
  endpoints: [{ locality: { region: r, zone: z }, load_balancing_weight: 3, lb_endpoints: [${endpoint("{{upstream}}")}, ${endpoint("{{upstream2}}", ", health_status: DRAINING, load_balancing_weight: 2")}] }]
`,
  "sds.yaml": `
version_info: "1"
resources:
- "@type": ${TYPE}.extensions.transport_sockets.tls.v3.Secret
  name: own
  tls_certificate: ${CERTIFICATE}
`,
  "roots.yaml": `
version_info: "1"
resources:
- "@type": ${TYPE}.extensions.transport_sockets.tls.v3.Secret
  name: roots
  validation_context: { trusted_ca: ${inline(ca.certificate)} }
`,
  "rtds.yaml": `
version_info: "1"
resources:
- "@type": ${TYPE}.service.runtime.v3.Runtime
  name: dynamic
  layer: { from: { rtds: 3 } }
`,
};

/** A bit of everything, for what is compared of all of a proxy: its stats, its admin interface. */
export const RICH_BOOTSTRAP = `
node: { id: node, cluster: nodes, locality: { region: here, zone: there } }
dynamic_resources:
  lds_config: ${fileSource("lds.yaml")}
  cds_config: ${fileSource("cds.yaml")}
layered_runtime:
  layers:
    - { name: base, static_layer: { a: { b: 1 }, c: true, pi: 3.14, half: { numerator: 50, denominator: HUNDRED }, text: hello } }
    - { name: dynamic, rtds_layer: { name: dynamic, rtds_config: ${fileSource("rtds.yaml")} } }
    - { name: disk, disk_layer: { symlink_root: "{{dir}}/runtime", subdirectory: sub } }
    - { name: admin, admin_layer: {} }
overload_manager:
  refresh_interval: 1s
  resource_monitors:
    - { name: envoy.resource_monitors.fixed_heap, typed_config: { "@type": ${TYPE}.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig, max_heap_size_bytes: 100000000000 } }
    - { name: envoy.resource_monitors.global_downstream_max_connections, typed_config: { "@type": ${TYPE}.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig, max_active_downstream_connections: 1000 } }
  actions:
    - { name: envoy.overload_actions.stop_accepting_requests, triggers: [{ name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.95 } }] }
    - { name: envoy.overload_actions.disable_http_keepalive, triggers: [{ name: envoy.resource_monitors.fixed_heap, scaled: { scaling_threshold: 0.9, saturation_threshold: 0.99 } }] }
  loadshed_points:
    - { name: envoy.load_shed_points.tcp_listener_accept, triggers: [{ name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.95 } }] }
static_resources:
  secrets:
    - { name: unused, generic_secret: { secret: { inline_string: secret } } }
  listeners:
${indent(LISTENERS.join(""), 4)}
  clusters:
${indent(CLUSTERS.join("\n"), 4)}
`;

/** An upstream at `{{tcp}}`: answers 200 over TLS to who begins with a handshake, else sends back what comes. */
export function richUpstream(socket: Socket): void {
  socket.once("data", (first: Buffer) => {
    if (first[0] !== 0x16) {
      socket.write(first);
      socket.pipe(socket);
      return;
    }
    socket.pause();
    socket.unshift(first);
    const secureContext = createSecureContext({ cert: own.certificate, key: own.key });
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on("error", () => {});
    secure.on("data", () => secure.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
  });
}

/** What each request of HTTP/1 is, and what it is sent to. */
const REQUESTS: readonly CaseRequest[] = [
  { path: "/" },
  { path: "/api/x", headers: [["user-agent", "iOS"]] },
  { path: "/retry" },
  { path: "/two" },
  { path: "/tls" },
  { path: "/subset" },
  { path: "/dead" },
  { path: "/eds" },
  { path: "/dns" },
  { path: "/cds" },
  { path: "/none" },
  { path: "/redirect" },
  { path: "/direct" },
  { path: "/shadow" },
  { path: "/healthz" },
  { path: "/", headers: [["x-abort", "1"]] },
  { path: "/", headers: [["x-deny", "1"]] },
  {
    method: "POST",
    path: "/",
    headers: [
      ["content-length", "3"],
      ["origin", "http://evil.test"],
    ],
    body: "abc",
  },
  {
    path: "/",
    headers: [
      ["origin", "http://a.test"],
      ["accept-encoding", "gzip"],
    ],
  },
  {
    method: "POST",
    path: "/a.Service/Method",
    headers: [
      ["content-type", "application/grpc"],
      ["content-length", "5"],
    ],
    body: "\0\0\0\0\0",
  },
  { path: "/", headers: [["authorization", "Basic eDp5"]] },
];

/** Sends a bit of everything through it, one after the other. */
export async function richTraffic(target: Target): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const request of REQUESTS) statuses.push((await target.send(request)).status);
  for (const name of ["rds", "lds"]) {
    const port = await target.proxy.listenerPort(name);
    const { status } = await requestOnce(port, { path: "/" });
    statuses.push(status);
  }
  for (const [name, scheme] of [
    ["h2", "http"],
    ["secure", "https"],
    ["sds", "https"],
  ] as const)
    statuses.push(await ask2(`${scheme}://127.0.0.1:${await target.proxy.listenerPort(name)}`));
  await askTcp(await target.proxy.listenerPort("tcp"));
  return statuses;
}

function ask2(origin: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(origin, { rejectUnauthorized: false });
    session.on("error", reject);
    const stream = session.request({ ":path": "/" });
    stream.on("response", (fields) => {
      const status = Number(fields[":status"]);
      stream.resume();
      stream.on("close", () => session.close(() => resolve(status)));
    });
  });
}

function askTcp(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", reject);
    socket.on("data", () => socket.destroy());
    socket.on("close", () => resolve());
    socket.write("hello");
  });
}
