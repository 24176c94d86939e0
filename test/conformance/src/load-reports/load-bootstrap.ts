/** Ports of what the proxy talks to. */
export interface LoadPorts {
  readonly server: number;
  readonly upstream: number;
  readonly other: number;
  /** Nothing listens there. */
  readonly dead: number;
}

/** A proxy that reports load, with a cluster for each way in which a request ends; listeners `web` and `tcp`. */
export function bootstrap({ server, upstream, other, dead }: LoadPorts): string {
  return `
node: { id: reporter, cluster: test }
cluster_manager:
  load_stats_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services: [{ envoy_grpc: { cluster_name: control } }]
layered_runtime:
  layers:
  - name: static
    static_layer: { upstream.maintenance_mode.maintained: 100 }
static_resources:
  listeners:
  - name: web
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - { match: { prefix: /dead }, route: { cluster: dead } }
              - { match: { prefix: /maintained }, route: { cluster: maintained } }
              - { match: { prefix: /dropped }, route: { cluster: dropped } }
              - { match: { prefix: /full }, route: { cluster: full } }
              - { match: { prefix: /eds }, route: { cluster: eds } }
              - { match: { prefix: /told }, route: { cluster: told } }
              - match: { prefix: /retry }
                route: { cluster: retried, prefix_rewrite: /bad, retry_policy: { retry_on: 5xx, num_retries: 2 } }
              - match: { prefix: /mirror }
                route: { cluster: live, request_mirror_policies: [{ cluster: mirrored }] }
              - { match: { prefix: / }, route: { cluster: live } }
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  - name: tcp
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: tcp
          cluster: raw
  clusters:
  - name: eds
    connect_timeout: 1s
    type: EDS
    eds_cluster_config: { service_name: shop, eds_config: { path_config_source: { path: "{{dir}}/eds.yaml" } } }
${cluster("control", server, HTTP2)}${cluster("live", upstream)}${cluster("dead", dead)}${cluster("maintained", upstream)}
${cluster("dropped", upstream, "", "policy: { drop_overloads: [{ category: throttle, drop_percentage: { numerator: 100 } }] }")}
${cluster("full", other, "circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] }")}
${cluster("told", upstream, `lrs_report_endpoint_metrics: [${TOLD_METRICS.join(", ")}]`)}
${cluster("retried", upstream)}${cluster("mirrored", other)}${cluster("raw", other)}${cluster("unused", other)}
`;
}

/** What of hosts' own reports is told. */
const TOLD_METRICS = [
  "cpu_utilization",
  "eps",
  "named_metrics.*",
  "utilization.disk",
  "named_metrics.absent",
  "unknown",
];

const HTTP2 = `typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }`;

function cluster(name: string, port: number, extra = "", assignment = ""): string {
  return `
  - name: ${name}
    connect_timeout: 1s
    ${extra}
    load_assignment:
      cluster_name: ${name}
      ${assignment}
      endpoints: [{ locality: { region: r, zone: z }, lb_endpoints: [${endpoint(port)}] }]`;
}

/** Two localities and a second priority, which gets nothing. */
export function endpointsFile(upstream: number, other: number): string {
  return `
resources:
- "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
  cluster_name: shop
  endpoints:
  - { locality: { region: r, zone: a, sub_zone: s }, lb_endpoints: [${endpoint(upstream)}] }
  - { locality: { region: r, zone: b }, lb_endpoints: [${endpoint(other)}] }
  - { priority: 1, locality: { region: r, zone: c }, lb_endpoints: [${endpoint(upstream)}] }
`;
}

function endpoint(port: number): string {
  return `{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }`;
}
