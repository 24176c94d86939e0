import { stringify } from "yaml";
import type { FoundResource } from "../import/import-contract.ts";
import { childrenOf } from "./directive.ts";
import type { NginxNotes } from "./nginx-notes.ts";
import type { Listen } from "./translate-listen.ts";
import type { Route } from "./translate-return.ts";
import type { Server, TlsFiles } from "./translate-server.ts";

const TYPES = "type.googleapis.com/envoy.extensions";

/** One address and port with the servers that listen there, in their order. */
export interface ListeningServers {
  readonly listen: Listen;
  readonly members: readonly { readonly server: Server; readonly listen: Listen }[];
}

/** The listener of an address and port, and its route configuration. */
export function buildListener(
  { listen, members }: ListeningServers,
  notes: NginxNotes,
): readonly FoundResource[] {
  const family = listen.address === "0.0.0.0" ? "" : `-${listen.address.replace(/[^0-9A-Za-z.]+/g, "_")}`;
  const name = `nginx${family}-${listen.port}`;
  const fallback = members.find((member) => member.listen.isDefault) ?? members[0];
  const position = fallback?.server.directive.position;
  if (fallback === undefined || position === undefined) return [];
  const routes = {
    name,
    virtual_hosts: virtualHosts(
      members.map(({ server }) => server),
      fallback.server,
      portToTell(listen),
      notes,
    ),
  };
  const tls = members.some((member) => member.listen.ssl);
  const chains = tls ? tlsChains(members, fallback.server, name, notes) : [{ filters: [manager(name)] }];
  if (chains.length === 0) return [];
  const filters = [
    ...(listen.proxyProtocol ? [listenerFilter("proxy_protocol", "ProxyProtocol")] : []),
    ...(tls ? [listenerFilter("tls_inspector", "TlsInspector")] : []),
  ];
  const listener = {
    name,
    address: { socket_address: { address: listen.address, port_value: listen.port } },
    per_connection_buffer_limit_bytes: 32_768,
    ...(filters.length === 0 ? {} : { listener_filters: filters }),
    filter_chains: chains,
  };
  const path = `line ${position.line}`;
  return [
    { kind: "listeners", path, yaml: stringify(listener, { lineWidth: 0 }), position },
    { kind: "routes", path, yaml: stringify(routes, { lineWidth: 0 }), position },
  ];
}

/** nginx writes its own port into addresses that it completes, unless it is the scheme's. */
function portToTell({ port, ssl }: Listen): number | undefined {
  return port === (ssl ? 443 : 80) ? undefined : port;
}

function virtualHosts(
  servers: readonly Server[],
  fallback: Server,
  port: number | undefined,
  notes: NginxNotes,
): readonly object[] {
  const taken = new Set<string>();
  const names = new Set<string>();
  return servers.flatMap((server) => {
    const domains = [...server.domains, ...(server === fallback ? ["*"] : [])].filter((domain) => {
      if (!taken.has(domain)) return taken.add(domain);
      notes.add("ignored", server.directive, `'${domain}' belongs to a server before it, as in nginx`);
      return false;
    });
    if (domains.length === 0) {
      notes.add("ignored", server.directive, "it has no name of its own, so nothing ever reaches it");
      return [];
    }
    let name = server.name;
    for (let number = 2; names.has(name); number++) name = `${server.name}-${number}`;
    names.add(name);
    return [{ name, domains, routes: server.routes.map((route) => withPort(route, port)) }];
  });
}

function withPort({ completed, ...route }: Route, port: number | undefined): object {
  if (completed !== true || port === undefined) return route;
  return { ...route, redirect: { ...route.redirect, port_redirect: port } };
}

function tlsChains(
  members: ListeningServers["members"],
  fallback: Server,
  routes: string,
  notes: NginxNotes,
): readonly object[] {
  const taken = new Set<string>();
  return members.flatMap(({ server, listen }) => {
    const { tls, directive } = server;
    if (tls === undefined) {
      notes.add(
        "not_understood",
        directive,
        "it listens with TLS but has no certificate: it has no filter chain",
      );
      return [];
    }
    notes.add(
      "differs",
      childrenOf(directive.block, "ssl_certificate")[0] ?? directive,
      `every node needs ${tls.certificate} and ${tls.privateKey}; or make a secret of them`,
    );
    const sni = server.domains.filter((domain) => !domain.endsWith("*") && !taken.has(domain));
    for (const domain of sni) taken.add(domain);
    const http2 = listen.http2 || childrenOf(directive.block, "http2")[0]?.args[0] === "on";
    const chain = { filters: [manager(routes)], transport_socket: downstreamTls(tls, http2) };
    return [
      ...(sni.length === 0 ? [] : [{ filter_chain_match: { server_names: sni }, ...chain }]),
      ...(server === fallback ? [chain] : []),
    ];
  });
}

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

function downstreamTls({ certificate, privateKey, protocols }: TlsFiles, http2: boolean): object {
  const known = VERSIONS.filter((version) => protocols.includes(version));
  const nameOf = (version: string | undefined) => `TLSv1_${version?.split(".")[1] ?? "0"}`;
  const parameters =
    known.length === 0
      ? {}
      : {
          tls_params: {
            tls_minimum_protocol_version: nameOf(known[0]),
            tls_maximum_protocol_version: nameOf(known.at(-1)),
          },
        };
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": `${TYPES}.transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: {
        ...parameters,
        alpn_protocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
        tls_certificates: [
          { certificate_chain: { filename: certificate }, private_key: { filename: privateKey } },
        ],
      },
    },
  };
}

function listenerFilter(name: string, type: string): object {
  return {
    name: `envoy.filters.listener.${name}`,
    typed_config: { "@type": `${TYPES}.filters.listener.${name}.v3.${type}` },
  };
}

/** nginx takes a name with any port, and joins slashes; the rest is what is recommended at the edge. */
function manager(routes: string): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: routes,
      use_remote_address: true,
      strip_any_host_port: true,
      normalize_path: true,
      merge_slashes: true,
      common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" },
      rds: { route_config_name: routes, config_source: { ads: {}, resource_api_version: "V3" } },
      http_filters: [
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": `${TYPES}.filters.http.router.v3.Router` },
        },
      ],
    },
  };
}
