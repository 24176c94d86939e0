// No imports: the CLI, the dashboard and the appliance all render it, each without the control plane's dependencies.

export interface BootstrapOptions {
  /** `envoy`: a stock Envoy, which also needs to be told the bounds of its latency histograms. */
  readonly product: "sluice" | "envoy";
  /** Unique among all nodes. */
  readonly nodeId: string;
  readonly nodeCluster: string;
  /** Name or address of the control plane as the node reaches it; IPv6 without brackets. */
  readonly controlHost: string;
  readonly controlPort: number;
  /** The node's own admin interface, on loopback. */
  readonly adminPort: number;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Absolute path of what `sluice join` wrote: the node comes over TLS, with the certificate in there, which both products
   * take over when it is renewed. Without it in plain text.
   */
  readonly joinDirectory?: string;
}

/** The bounds in milliseconds that telemetry stores latencies by (`LATENCY_BUCKETS_MS`; a test compares them). */
const LATENCY_BOUNDS_MS =
  "0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12.5, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, " +
  "200, 250, 300, 400, 500, 600, 800, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000, 15000, 20000, " +
  "30000, 60000, 120000, 300000";

/**
 * The whole bootstrap of a node, as YAML: who it is, where its configuration comes from (delta ADS: only what changed
 * crosses the wire, and a node that comes back names what it has) and where its metrics go. Access logs and spans are
 * asked for by the configuration itself. A Sluice proxy sends its quantiles beside the buckets instead of other bounds.
 *
 * Counters are sent as deltas, so that any replica can take any report without knowing the one before, and names without
 * labels, because Envoy's tags lose part of a name that has dots in it.
 */
export function renderBootstrap(options: BootstrapOptions): string {
  const host = JSON.stringify(options.controlHost);
  const isAddress = /^[\d.]+$|:/.test(options.controlHost);
  const labels = Object.entries(options.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const metadata = {
    sluice: {
      counters: "deltas",
      labels: Object.fromEntries(labels),
      // Which cluster a Sluice proxy takes orders from.
      ...(options.product === "sluice" ? { orders: "sluice_control" } : {}),
    },
  };
  const control = "envoy_grpc: { cluster_name: sluice_control }";
  return `node:
  id: ${JSON.stringify(options.nodeId)}
  cluster: ${JSON.stringify(options.nodeCluster)}
  metadata: ${JSON.stringify(metadata)}
admin:
  address:
    socket_address: { address: 127.0.0.1, port_value: ${options.adminPort} }
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    transport_api_version: V3
    set_node_on_first_message_only: true
    grpc_services:
    - ${control}
  cds_config: { resource_api_version: V3, ads: {} }
  lds_config: { resource_api_version: V3, ads: {} }
static_resources:
  clusters:
  - name: sluice_control
    type: ${isAddress ? "STATIC" : "STRICT_DNS"}
    connect_timeout: 2s
${isAddress ? "" : "    dns_lookup_family: V4_PREFERRED\n"}    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config:
          http2_protocol_options:
            connection_keepalive: { interval: 5s, timeout: 3s }
    load_assignment:
      cluster_name: sluice_control
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address: { address: ${host}, port_value: ${options.controlPort} }
${options.joinDirectory === undefined ? "" : transportSocket(options.joinDirectory, isAddress ? "" : options.controlHost)}stats_flush_interval: 0.3s
${options.product === "envoy" ? latencyBounds() : ""}stats_sinks:
- name: envoy.stat_sinks.metrics_service
  typed_config:
    "@type": type.googleapis.com/envoy.config.metrics.v3.MetricsServiceConfig
    transport_api_version: V3
    report_counters_as_deltas: true
    emit_tags_as_labels: false
${options.product === "envoy" ? "    histogram_emit_mode: HISTOGRAM\n" : ""}    grpc_service:
      ${control}
`;
}

/** Both sides' names are in their certificates, so neither addresses nor DNS are trusted. */
function transportSocket(directory: string, serverName: string): string {
  const file = (name: string) => {
    const path = JSON.stringify(`${directory.replace(/\/+$/, "")}/${name}`);
    const watched = JSON.stringify(directory);
    return `{ resource_api_version: V3, path_config_source: { path: ${path}, watched_directory: { path: ${watched} } } }`;
  };
  return `    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
${serverName === "" ? "" : `        sni: ${JSON.stringify(serverName)}\n`}        common_tls_context:
          alpn_protocols: [h2]
          tls_certificate_sds_secret_configs:
          - name: sluice_node
            sds_config: ${file("sds-certificate.json")}
          validation_context_sds_secret_config:
            name: sluice_authority
            sds_config: ${file("sds-authority.json")}
`;
}

function latencyBounds(): string {
  return `stats_config:
  histogram_bucket_settings:
  - match: { suffix: rq_time }
    buckets: [${LATENCY_BOUNDS_MS}]
`;
}
