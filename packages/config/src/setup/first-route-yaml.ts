import { isIP } from "node:net";
import { stringify } from "yaml";
import type { FirstRouteInput } from "./create-first-route.ts";

/**
 * The three resources of a first route, with what Envoy's edge best practices recommend where stock defaults are unsafe:
 * 32 KiB buffers, the client's real address, normalized paths, no underscores in header names, every timeout set.
 */
export function firstClusterYaml(name: string, input: FirstRouteInput): string {
  const address = { socket_address: { address: input.host, port_value: input.upstreamPort } };
  return stringify({
    name,
    type: isIP(input.host) === 0 ? "STRICT_DNS" : "STATIC",
    connect_timeout: "5s",
    per_connection_buffer_limit_bytes: 32_768,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  });
}

export function firstRoutesYaml(name: string): string {
  return stringify({ name, virtual_hosts: [] });
}

export function firstVirtualHost(name: string, domain: string) {
  return { name, domains: domain === "*" ? ["*"] : [domain, `${domain}:*`], routes: [] };
}

export function firstRoute(path: string, cluster: string) {
  return { match: { prefix: path }, route: { cluster, timeout: "15s" } };
}

const EXTENSION = "type.googleapis.com/envoy.extensions.filters";

export function firstListenerYaml(name: string, routes: string, address: string, port: number): string {
  return stringify({
    name,
    address: { socket_address: { address, port_value: port } },
    per_connection_buffer_limit_bytes: 32_768,
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type": `${EXTENSION}.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: name,
              use_remote_address: true,
              normalize_path: true,
              merge_slashes: true,
              path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT",
              common_http_protocol_options: {
                idle_timeout: "3600s",
                headers_with_underscores_action: "REJECT_REQUEST",
              },
              request_headers_timeout: "10s",
              request_timeout: "300s",
              stream_idle_timeout: "300s",
              rds: { route_config_name: routes, config_source: { ads: {}, resource_api_version: "V3" } },
              http_filters: [
                {
                  name: "envoy.filters.http.router",
                  typed_config: { "@type": `${EXTENSION}.http.router.v3.Router` },
                },
              ],
            },
          },
        ],
      },
    ],
  });
}
