/** Pieces of YAML from which `httpBootstrap` makes a whole configuration. Each is indented as if it stood alone. */
export interface HttpBootstrap {
  /** Routes of one virtual host `all` for every domain. */
  readonly routes?: string;
  /** Further fields of that virtual host. */
  readonly virtualHost?: string;
  /** Or the whole RouteConfiguration. */
  readonly routeConfig?: string;
  /** Further fields of the HTTP connection manager. */
  readonly hcm?: string;
  /** HTTP filters in place of the router alone. */
  readonly httpFilters?: string;
  /** Further clusters; `one` and `two` lead to the upstreams, `dead` to nothing. */
  readonly clusters?: string;
  /** Further fields of the listener. */
  readonly listener?: string;
  /** Further fields of the bootstrap. */
  readonly bootstrap?: string;
}

export const ROUTER = `
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;

const CLUSTERS = ["one", "two", "dead"]
  .map((name) => staticCluster(name, [`{{${portPlaceholder(name)}}}`]))
  .join("");

function portPlaceholder(name: string): string {
  return name === "one" ? "upstream" : name === "two" ? "upstream2" : name;
}

/** A STATIC cluster on 127.0.0.1; `more` are further fields. */
export function staticCluster(name: string, ports: readonly string[], more = ""): string {
  const endpoints = ports.map((port) => endpoint(port)).join(", ");
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${endpoints}] }] }
${indent(more, 2)}`;
}

/** Of a cluster: how it speaks HTTP. `fields`: of HttpProtocolOptions. */
export function httpOptions(fields: string): string {
  return `typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
${indent(fields, 4)}`;
}

/** For `httpOptions`. */
export const EXPLICIT_HTTP1 = "explicit_http_config: { http_protocol_options: {} }";
/** A cluster's `httpOptions`. */
export const OVER_HTTP2 = httpOptions("explicit_http_config: { http2_protocol_options: {} }");
export const WITH_TRAILERS = httpOptions(
  "explicit_http_config: { http_protocol_options: { enable_trailers: true } }",
);

export function endpoint(port: string, more = ""): string {
  return `{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }${more} }`;
}

/** An `access_log` in one line: a line of that format for each entry that passes the filter, in a file of the proxy's directory. */
export function fileLog(format: string, file = "access.log", filter = ""): string {
  const passed = filter === "" ? "" : `filter: ${filter}, `;
  return `[{ name: file, ${passed}typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: "{{dir}}/${file}", log_format: { text_format_source: { inline_string: "${format}\\n" } } } }]`;
}

/** Of a virtual host: requests and responses tell the number of their try. */
export const ATTEMPTS_TOLD = `include_request_attempt_count: true
include_attempt_count_in_response: true`;

/** A bootstrap with one plain listener `main` on a free port of 127.0.0.1. */
export function httpBootstrap(parts: HttpBootstrap): string {
  const routeConfig =
    parts.routeConfig ??
    `name: local
virtual_hosts:
  - name: all
    domains: ["*"]
${indent(parts.virtualHost ?? "", 4)}
    routes:
${indent(parts.routes ?? '- { match: { prefix: "/" }, route: { cluster: one } }', 6)}`;
  const routed = /^rds:/m.test(parts.hcm ?? "") ? "" : `route_config:\n${indent(routeConfig, 2)}`;
  return `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
${indent(parts.listener ?? "", 6)}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: main
${indent(routed, 16)}
${indent(parts.hcm ?? "", 16)}
                http_filters:
${indent(parts.httpFilters ?? ROUTER, 18)}
  clusters:
${indent(CLUSTERS + (parts.clusters ?? ""), 4)}
${parts.bootstrap ?? ""}
`;
}

export function indent(text: string, by: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => " ".repeat(by) + line)
    .join("\n");
}
