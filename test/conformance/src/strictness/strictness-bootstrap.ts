import { httpOptions, indent, staticCluster } from "../bootstrap.ts";

/** Waiting for what never comes ends by the proxy's own timers: the suite needs none. */
const TIMEOUTS = `
delayed_close_timeout: 0.1s
request_timeout: 2s
request_headers_timeout: 2s
stream_idle_timeout: 2s
use_remote_address: true`;

const OPEN = `
http_protocol_options: { accept_http_10: true, enable_trailers: true, allow_custom_methods: true }
http2_protocol_options: { allow_connect: true, override_stream_error_on_invalid_http_message: true }
upgrade_configs: [{ upgrade_type: websocket }]`;

/** A connection to the upstream carries one request; those under /response share them, so that answers could be mixed up. */
const ONE_REQUEST = httpOptions(`common_http_protocol_options: { max_requests_per_connection: 1 }
explicit_http_config: { http_protocol_options: { enable_trailers: true } }`);

function listener(name: string, options: string): string {
  return `
- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  filter_chains:
    - filters:
        - name: envoy.filters.network.http_connection_manager
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: ${name}
            common_http_protocol_options: { idle_timeout: 2s }
${indent(TIMEOUTS + options, 12)}
            route_config:
              name: local
              virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                    - { match: { prefix: "/response" }, route: { cluster: shared, timeout: 3s } }
                    - { match: { prefix: "/" }, route: { cluster: single, timeout: 3s } }
            http_filters:
              - name: envoy.filters.http.router
                typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;
}

/** Listeners `plain` and `open` before one upstream. */
export function strictnessBootstrap(upstreamPort: number): string {
  const port = [String(upstreamPort)];
  return `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(listener("plain", "") + listener("open", OPEN), 4)}
  clusters:
${indent(staticCluster("single", port, ONE_REQUEST) + staticCluster("shared", port), 4)}
`;
}
