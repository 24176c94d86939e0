/** What differs from the plain configuration: Envoy's defaults, one listener `main`, one cluster `upstream`. */
export interface EnvoyConfigParts {
  readonly upstreamPort: number;
  /** Further fields of the HTTP connection manager, one a line. */
  readonly hcm?: readonly string[];
  /** HTTP filters before the router, as YAML in flow style. */
  readonly filters?: readonly string[];
  readonly routes?: readonly string[];
  /** Further fields of the filter chain. */
  readonly chain?: readonly string[];
  /** Network filters in place of the HTTP connection manager. */
  readonly networkFilters?: readonly string[];
  /** Further fields of the cluster. */
  readonly cluster?: readonly string[];
  readonly moreClusters?: readonly string[];
}

const HCM =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER = `{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }`;

/** A bootstrap for Envoy and Sluice alike. */
export function envoyConfig(parts: EnvoyConfigParts): string {
  const routes = parts.routes ?? ["{ match: { prefix: / }, route: { cluster: upstream } }"];
  const filters = [...(parts.filters ?? []), ROUTER];
  const network = parts.networkFilters ?? [
    `{ name: hcm, typed_config: { "@type": ${HCM}, stat_prefix: bench, ${[...(parts.hcm ?? [])].map((line) => `${line}, `).join("")}route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [\n            ${routes.join(",\n            ")}\n            ] }] }, http_filters: [${filters.join(", ")}] } }`,
  ];
  return `
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters: [${network.join(", ")}]
${(parts.chain ?? []).map((line) => `          ${line}\n`).join("")}
  clusters:
    - name: upstream
      type: STATIC
      connect_timeout: 1s
${(parts.cluster ?? []).map((line) => `      ${line}\n`).join("")}
      load_assignment: { cluster_name: upstream, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${parts.upstreamPort} } } } }] }] }
${(parts.moreClusters ?? []).map((line) => `    - ${line}\n`).join("")}`;
}

/** The cluster speaks HTTP/2. */
export const HTTP2_UPSTREAM = [
  `typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http2_protocol_options: {} } } }`,
];

/** A listener's TLS in PEM. */
export function tlsChain(certificate: Certificate, alpn: readonly string[] = []): readonly string[] {
  const offered = alpn.length === 0 ? "" : `, alpn_protocols: [${alpn.join(", ")}]`;
  return [
    `transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: { tls_certificates: [{ certificate_chain: { inline_string: ${JSON.stringify(certificate.certificate)} }, private_key: { inline_string: ${JSON.stringify(certificate.key)} } }]${offered} } } }`,
  ];
}

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export function tcpProxy(): string {
  return `{ name: tcp, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: upstream } }`;
}
