import { type Context, putResource } from "@sluice/config";

/** One of each kind, as a user would write them: what the tests publish, inject into and run. */
export interface ExampleOptions {
  readonly listenerPort: number;
  readonly upstreamPort: number;
  /** A port that nothing listens on. */
  readonly deadPort: number;
}

export function exampleListener({ listenerPort }: Pick<ExampleOptions, "listenerPort">): string {
  return `
name: "main:http"
address: { socket_address: { address: 127.0.0.1, port_value: ${listenerPort} } }
filter_chains:
- filters:
  - name: envoy.filters.network.http_connection_manager
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: ingress.http
      rds:
        route_config_name: main
        config_source: { resource_api_version: V3, ads: {} }
      http_filters:
      - name: envoy.filters.http.router
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;
}

export const EXAMPLE_ROUTES = `
name: main
virtual_hosts:
- name: shop.example
  domains: ["shop.example", "*.shop.example"]
  routes:
  - name: broken
    match: { prefix: /dead }
    route: { cluster: dead }
  - match: { prefix: / }
    route: { cluster: "web.default:80" }
- name: rest
  domains: ["*"]
  routes:
  - match: { prefix: / }
    direct_response: { status: 404 }
`;

export function exampleCluster(name: string, port: number): string {
  return `
name: ${JSON.stringify(name)}
type: STATIC
connect_timeout: 1s
load_assignment:
  cluster_name: ${JSON.stringify(name)}
  endpoints:
  - lb_endpoints:
    - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }
`;
}

/** Puts one of each kind into an empty draft: requests for shop.example go to that port, those to /dead there fail. */
export async function putExample(context: Context, upstreamPort: number): Promise<void> {
  await putResource(context, { kind: "clusters", yaml: exampleCluster("web.default:80", upstreamPort) });
  await putResource(context, { kind: "clusters", yaml: exampleCluster("dead", 1) });
  await putResource(context, { kind: "routes", yaml: EXAMPLE_ROUTES });
  await putResource(context, { kind: "listeners", yaml: exampleListener({ listenerPort: 0 }) });
}
