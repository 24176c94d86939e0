/** A cluster with one static endpoint. */
export function clusterYaml(name: string, port = 8080): string {
  return `# upstream ${name}
name: ${name}
connect_timeout: 1s
type: STATIC
load_assignment:
  cluster_name: ${name}
  endpoints:
    - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }
`;
}

export function routesYaml(name: string, cluster: string): string {
  return `name: ${name}
virtual_hosts:
  - name: web
    domains: ["*"]
    routes:
      - match: { prefix: / }
        route: { cluster: ${cluster}, timeout: 3s }
`;
}

export function listenerYaml(name: string, routes: string, port = 10000): string {
  return `name: ${name}
address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
filter_chains:
  - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ${name}
          rds: { route_config_name: ${routes}, config_source: { ads: {}, resource_api_version: V3 } }
          http_filters:
            - name: envoy.filters.http.router
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;
}

export function secretYaml(name: string, key: string): string {
  return `name: ${name}
generic_secret:
  secret: { inline_string: ${key} }
`;
}
