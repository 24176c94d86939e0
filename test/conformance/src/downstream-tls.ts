import type { TestCertificate } from "@sluice/harness";
import { indent } from "./bootstrap.ts";

/** A DataSource. */
export const inlineText = (text: string): string => `{ inline_string: ${JSON.stringify(text)} }`;

/** A TlsCertificate; `more`: further fields, each behind a comma. */
export function tlsCertificate({ certificate, key }: TestCertificate, more = ""): string {
  return `{ certificate_chain: ${inlineText(certificate)}, private_key: ${inlineText(key)}${more} }`;
}

/** Of a filter chain, the field `transport_socket`. `context`: fields of DownstreamTlsContext. */
export function downstreamTls(context: string): string {
  return `transport_socket:
  name: tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
${indent(context, 4)}`;
}

/** A listener of TLS on a free port. `more`: further fields of its own, `chain`: of its filter chain. */
export function tlsListener(
  name: string,
  context: string,
  filters: string,
  { more = "", chain = "" }: { readonly more?: string; readonly chain?: string } = {},
): string {
  return `
- name: ${name}
  stat_prefix: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
${indent(more, 2)}
  filter_chains:
    -
${indent(`${chain}\n${downstreamTls(context)}`, 6)}
      filters:
${indent(filters, 8)}
`;
}

/** An HTTP connection manager that answers each request itself. `headers`: HeaderValueOptions of the answer, by name. */
export function answeringFilter(
  statPrefix: string,
  response: string,
  headers: Readonly<Record<string, string>>,
): string {
  const added = Object.entries(headers).map(
    ([name, value]) => `{ header: { key: ${name}, value: "${value}" } }`,
  );
  return `- name: hcm
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
    stat_prefix: ${statPrefix}
    http_filters:
      - name: envoy.filters.http.router
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
    route_config:
      virtual_hosts:
        - name: all
          domains: ["*"]
          response_headers_to_add: [${added.join(", ")}]
          routes: [{ match: { prefix: / }, direct_response: { ${response} } }]`;
}
