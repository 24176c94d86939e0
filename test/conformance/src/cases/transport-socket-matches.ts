import type { Socket } from "node:net";
import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const INPUTS = "type.googleapis.com/envoy.extensions.matching.common_inputs.transport_socket.v3";
const SOCKETS = "type.googleapis.com/envoy.extensions.transport_sockets";
const PROXY = `{ name: proxy, typed_config: { "@type": ${SOCKETS}.proxy_protocol.v3.ProxyProtocolUpstreamTransport, config: { version: V1 }, transport_socket: { name: raw, typed_config: { "@type": ${SOCKETS}.raw_buffer.v3.RawBuffer } } } }`;
const TLS = `{ name: tls, typed_config: { "@type": ${SOCKETS}.tls.v3.UpstreamTlsContext } }`;

/** Says with what the connection began. */
function tellOpening(socket: Socket): void {
  socket.on("error", () => {});
  socket.once("data", (chunk: Buffer) => {
    const opening = chunk.toString("latin1", 0, 5).replace(/[^ -~]/g, "?");
    if (chunk[0] === 0x16) return void socket.destroy();
    socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${opening.length}\r\n\r\n${opening}`);
  });
}

interface Choice {
  readonly endpoint?: string;
  readonly locality?: string;
  /** A matcher in place of the endpoint's own choice. */
  readonly matcher?: string;
}

function input(type: string, at: string): string {
  return `{ name: i, typed_config: { "@type": ${INPUTS}.${type}, ${at} } }`;
}

function choose(by: string, branches: Readonly<Record<string, string>>): string {
  const map = Object.entries(branches).map(
    ([value, name]) =>
      `${JSON.stringify(value)}: { action: { name: a, typed_config: { "@type": ${INPUTS}.TransportSocketNameAction, name: ${name} } } }`,
  );
  return `{ matcher_tree: { input: ${by}, exact_match_map: { map: { ${map.join(", ")} } } } }`;
}

const TIER = choose(input("EndpointMetadataInput", "filter: own, path: [{ key: tier }]"), {
  gold: "proxy",
  "1": "proxy",
  true: "secure",
  null: "secure",
});
const PLACE = choose(input("LocalityMetadataInput", "path: [{ key: place }, { key: name }]"), {
  north: "proxy",
  south: "nowhere",
});
const WHO = choose(input("FilterStateInput", "key: who"), { peter: "proxy", paul: "secure" });

const CHOICES: Readonly<Record<string, Choice>> = {
  nothing: {},
  own: { endpoint: "{ envoy.transport_socket_match: { kind: proxy } }" },
  place: { locality: "{ envoy.transport_socket_match: { kind: proxy } }" },
  both: {
    endpoint: "{ envoy.transport_socket_match: { kind: secure } }",
    locality: "{ envoy.transport_socket_match: { kind: proxy } }",
  },
  gold: { matcher: TIER, endpoint: "{ own: { tier: gold } }" },
  number: { matcher: TIER, endpoint: "{ own: { tier: 1 } }" },
  boolean: { matcher: TIER, endpoint: "{ own: { tier: true } }" },
  absent: { matcher: TIER, endpoint: "{ other: { tier: gold } }" },
  without: { matcher: TIER },
  north: { matcher: PLACE, locality: "{ envoy.lb: { place: { name: north } } }" },
  south: { matcher: PLACE, locality: "{ envoy.lb: { place: { name: south } } }" },
  overruled: { matcher: PLACE, endpoint: "{ envoy.transport_socket_match: { kind: proxy } }" },
  who: { matcher: WHO },
};

function cluster(name: string, { endpoint, locality, matcher }: Choice): string {
  const metadata = (fields: string | undefined): string =>
    fields === undefined ? "" : `, metadata: { filter_metadata: ${fields} }`;
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{tcp}} } } }${metadata(endpoint)} }]${metadata(locality)} }] }
  transport_socket_matches:
  - { name: proxy, match: { kind: proxy }, transport_socket: ${PROXY} }
  - { name: secure, match: { kind: secure }, transport_socket: ${TLS} }
${matcher === undefined ? "" : `  transport_socket_matcher: ${matcher}`}`;
}

export const TRANSPORT_SOCKET_MATCH_CASES: readonly ConformanceCase[] = [
  {
    title: "a connection's transport socket is chosen by metadata of endpoint and locality, or by a matcher",
    yaml: httpBootstrap({
      clusters: Object.entries(CHOICES)
        .map(([name, choice]) => cluster(name, choice))
        .join(""),
      routes: `- { match: { prefix: "/" }, route: { cluster_header: x-cluster } }`,
      httpFilters: `
- name: state
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
    on_request_headers:
    - { object_key: who, factory_key: envoy.hashable_string, format_string: { text_format_source: { inline_string: "%REQ(x-who)%" } }, shared_with_upstream: ONCE, skip_if_empty: true }
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
    }),
    tcp: tellOpening,
    observe: async (target) => {
      const seen: Record<string, string> = {};
      const ask = async (name: string, who = ""): Promise<void> => {
        const headers: [string, string][] = [["x-cluster", name]];
        if (who !== "") headers.push(["x-who", who]);
        const { status, body } = await target.send({ path: "/", headers });
        seen[`${name} ${who}`] = status === 200 ? body : String(status);
      };
      for (const name of Object.keys(CHOICES)) await ask(name);
      for (const who of ["peter", "paul", "mary"]) await ask("who", who);
      return seen;
    },
    stats: ["own", "both", "gold", "without", "who"].flatMap((name) =>
      ["proxy", "secure", "default"].map((socket) => `cluster.${name}.${socket}.total_match_count`),
    ),
  },
];
