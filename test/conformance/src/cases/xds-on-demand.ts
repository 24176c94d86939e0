import { OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { type DeltaResource, deltaServer } from "../delta-server.ts";
import { listenersBootstrap } from "../many-listeners.ts";
import { discovered, fileSource } from "../xds-files.ts";

const DELTA = `{ resource_api_version: V3, api_config_source: { api_type: DELTA_GRPC, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: control } }] } }`;
const CONTROL = staticCluster("control", ["{{tcp}}"], OVER_HTTP2);

const ON_DEMAND = "type.googleapis.com/envoy.extensions.filters.http.on_demand.v3.OnDemand";
const filter = (fields = ""): string =>
  `- { name: on-demand, typed_config: { "@type": ${ON_DEMAND}${fields === "" ? "" : `, ${fields}`} } }`;

const RDS = `rds: { route_config_name: routes, config_source: ${fileSource("rds.yaml")} }`;
const OWN_HOST = `{ name: own, domains: [own.test], routes: [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: own } } }] }`;
const routes = discovered("1", "envoy.config.route.v3.RouteConfiguration", [
  `name: routes, virtual_hosts: [${OWN_HOST}], vhds: { config_source: ${DELTA} }`,
]);

const host = (name: string, domain: string, more: Partial<DeltaResource> = {}): DeltaResource => ({
  name: `routes/${name}`,
  yaml: `{ name: ${name}, domains: [${domain}], routes: [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: ${name} } } }] }`,
  ...more,
});

const to = (name: string, more: Partial<CaseRequest> = {}): CaseRequest => ({
  path: "/",
  ...more,
  headers: [["host", name], ...(more.headers ?? [])],
});

const VHDS_STATS = ["config_reload", "update_success", "update_rejected"].map(
  (name) => `http.main.rds.vhds.routes.${name}`,
);

const cluster = (name: string, port: string): DeltaResource => ({
  name,
  yaml: `{ name: ${name}, connect_timeout: 1s, type: STATIC, load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }] }] } }`,
});

const byHeader = `- { match: { prefix: "/" }, route: { cluster_header: x-cluster } }`;
const toCluster = (name: string): CaseRequest => ({ path: "/", headers: [["x-cluster", name]] });
const odcds = (more = ""): string => filter(`odcds: { source: ${DELTA}${more} }`);

const tcpProxy = (name: string, more = ""): string => `
node: { id: node, cluster: nodes }
static_resources:
  clusters:
${CONTROL.replace(/^/gm, "  ")}
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: tcp
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: main
          cluster: ${name}
          on_demand: { odcds_config: ${DELTA}${more} }
`;
const TCP_STATS = ["attempt", "success", "missing", "timeout"].map(
  (name) => `tcp.main.on_demand_cluster_${name}`,
);

/** What a connection to nowhere gets. */
async function untilClosed({ connect }: Target): Promise<string> {
  const connection = await connect();
  try {
    return (await connection.closed()).toString("latin1");
  } finally {
    connection.destroy();
  }
}

export const XDS_ON_DEMAND_CASES: readonly ConformanceCase[] = [
  {
    title: "virtual hosts that a server sends by itself stand beside those of the route configuration",
    yaml: listenersBootstrap({ main: { routeSpecifier: RDS } }, "", CONTROL),
    files: { "rds.yaml": routes },
    tcp: deltaServer([host("first", "first.test", { atOnce: true })], []),
    requests: [to("own.test"), to("first.test"), to("other.test")],
    stats: [
      ...VHDS_STATS,
      "http.main.no_route",
      "http.async-client.rq_total",
      ...["cx_total", "cx_active", "cx_http2_total", "cx_destroy", "cx_connect_fail"]
        .concat("rq_total", "rq_active", "rq_200", "rq_2xx", "rq_completed", "rq_pending_total")
        .map((stat) => `cluster.control.upstream_${stat}`),
      "cluster.control.internal.upstream_rq_200",
    ],
  },
  {
    title: "an unknown host's virtual host is fetched by an alias, and the request waits for it",
    yaml: listenersBootstrap({ main: { routeSpecifier: RDS, httpFilters: filter() } }, "", CONTROL),
    files: { "rds.yaml": routes },
    tcp: deltaServer([host("late", '"*.late.test"', { aliases: ["routes/a.late.test"] })], []),
    requests: [
      to("own.test"),
      to("A.late.test"),
      to("a.late.test"),
      to("b.late.test"),
      to("nowhere.test"),
      to("nowhere.test"),
    ],
    stats: [
      "http.main.no_route",
      "http.main.downstream_rq_total",
      "http.main.rds.vhds.routes.update_rejected",
    ],
  },
  {
    title: "a request with a body waits with it for its virtual host",
    yaml: listenersBootstrap({ main: { routeSpecifier: RDS, httpFilters: filter() } }, "", CONTROL),
    files: { "rds.yaml": routes },
    tcp: deltaServer([host("late", "late.test", { aliases: ["routes/late.test"] })], []),
    requests: [to("late.test", { method: "POST", headers: [["content-length", "3"]], body: "abc" })],
    stats: ["http.main.no_route", "http.main.downstream_rq_total"],
  },
  {
    title: "without the on_demand filter an unknown host is not asked for",
    yaml: listenersBootstrap({ main: { routeSpecifier: RDS } }, "", CONTROL),
    files: { "rds.yaml": routes },
    tcp: deltaServer([host("late", "late.test", { aliases: ["routes/late.test"] })], []),
    requests: [to("late.test"), to("late.test")],
    stats: ["http.main.no_route"],
  },
  {
    title: "a route's cluster that nobody has sent is fetched, and what does not exist is not waited for",
    yaml: listenersBootstrap({ main: { httpFilters: odcds(), routes: byHeader } }, "", CONTROL),
    tcp: (socket) => fetchedClusters(socket),
    requests: [toCluster("one"), toCluster("nowhere"), toCluster("nowhere")],
    stats: ["http.main.no_cluster", "http.main.downstream_rq_total", "http.main.downstream_rq_5xx"],
  },
  {
    title: "a cluster that its server does not speak of is waited for only so long",
    yaml: listenersBootstrap(
      { main: { httpFilters: odcds(", timeout: 0.1s"), routes: byHeader } },
      "",
      CONTROL,
    ),
    tcp: (socket) => socket.resume(),
    requests: [toCluster("one"), toCluster("nowhere")],
    stats: ["http.main.no_cluster", "http.main.downstream_rq_5xx"],
  },
  {
    title: "a TCP proxy's cluster that does not exist ends the connection",
    yaml: tcpProxy("nowhere"),
    tcp: (socket) => fetchedClusters(socket),
    observe: untilClosed,
    stats: [...TCP_STATS, "tcp.main.downstream_cx_no_route"],
  },
  {
    title: "a TCP proxy waits only so long for its cluster",
    yaml: tcpProxy("nowhere", ", timeout: 0.1s"),
    tcp: (socket) => socket.resume(),
    observe: untilClosed,
    stats: [...TCP_STATS, "tcp.main.downstream_cx_no_route"],
  },
];

const fetchedClusters = deltaServer([], [cluster("late", "1")]);
