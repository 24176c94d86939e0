import { indent, staticCluster } from "./bootstrap.ts";
import type { CaseRequest, SeenResponse, Target } from "./conformance-case.ts";
import { sendOne } from "./send-one.ts";

/** One HTTP connection manager: its further fields and its routes; every listener stands beside the others in one proxy. */
export interface ListenerParts {
  readonly hcm?: string;
  /** Routes of one virtual host `all` for every domain; default: all to cluster `one`. */
  readonly routes?: string;
  /** In place of `route_config`: the whole field. */
  readonly routeSpecifier?: string;
  /** The whole `transport_socket` of its filter chain. */
  readonly transportSocket?: string;
  /** HTTP filters in front of the router. */
  readonly httpFilters?: string;
  /** Further fields of the router, between commas. */
  readonly router?: string;
}

const CLUSTERS = (["one", "two", "dead"] as const)
  .map((name) => staticCluster(name, [`{{${{ one: "upstream", two: "upstream2", dead: "dead" }[name]}}}`]))
  .join("");

/** A bootstrap with a listener per entry; `more` are further fields of the bootstrap, `clusters` further clusters. */
export function listenersBootstrap(
  listeners: Readonly<Record<string, ListenerParts>>,
  more = "",
  clusters = "",
): string {
  return `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${Object.entries(listeners)
  .map(([name, parts]) => listener(name, parts))
  .join("\n")}
  clusters:
${indent(CLUSTERS, 4)}
${indent(clusters, 4)}
${more}
`;
}

function listener(
  name: string,
  { hcm = "", routes, routeSpecifier, transportSocket = "", httpFilters = "", router = "" }: ListenerParts,
): string {
  return `    - name: ${name}
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        -
${indent(transportSocket, 10)}
          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ${name}
${indent(routeSpecifier ?? inlineRoutes(routes), 16)}
${indent(hcm, 16)}
                http_filters:
${indent(httpFilters, 18)}
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router${router === "" ? "" : `, ${router}`} }`;
}

function inlineRoutes(routes = '- { match: { prefix: "/" }, route: { cluster: one } }'): string {
  return `route_config:
  name: local
  virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
${indent(routes, 8)}`;
}

/** Sends every request to every named listener, each on a connection of its own. */
export async function askListeners(
  target: Target,
  names: readonly string[],
  requests: readonly CaseRequest[],
): Promise<Record<string, readonly SeenResponse[]>> {
  const seen: Record<string, SeenResponse[]> = {};
  for (const name of names) {
    const port = await target.proxy.listenerPort(name);
    const responses: SeenResponse[] = [];
    for (const request of requests) responses.push(await sendOne(port, request));
    seen[name] = responses;
  }
  return seen;
}
