import { connectRaw } from "@sluice/harness";
import type { ConformanceCase } from "../conformance-case.ts";

/** Nothing listens there: which host was tried is told with the failure. */
const endpoint = (octet: number, health = ""): string =>
  `{ endpoint: { address: { socket_address: { address: 127.0.0.${octet}, port_value: {{dead}} } } }${health === "" ? "" : `, health_status: ${health}`} }`;
const locality = (zone: string, endpoints: readonly string[], more = ""): string =>
  `{ locality: { zone: ${zone} }, lb_endpoints: [${endpoints.join(", ")}]${more} }`;
const bad = (octet: number): string => endpoint(octet, "UNHEALTHY");
const degraded = (octet: number): string => endpoint(octet, "DEGRADED");
const zoneAware = (more = ""): string =>
  `common_lb_config: { healthy_panic_threshold: { value: 40 }, zone_aware_lb_config: { min_cluster_size: 1${more} } }`;
const weighted = "common_lb_config: { locality_weighted_lb_config: {} }";

/** Each host that gets requests gets a fifth of them or more. */
const CLUSTERS: Readonly<Record<string, readonly [settings: string, localities: readonly string[]]>> = {
  "zone-aware": [
    zoneAware(),
    [locality("west", [endpoint(1), endpoint(2)]), locality("east", [endpoint(3), endpoint(4)])],
  ],
  "zone-aware-priorities": [
    zoneAware(),
    [
      locality("west", [endpoint(1), bad(2)]),
      locality("east", [bad(3), bad(4)]),
      locality("west", [endpoint(5)], ", priority: 1"),
      locality("east", [endpoint(6)], ", priority: 1"),
    ],
  ],
  "zone-aware-failed": [
    zoneAware(", fail_traffic_on_panic: true"),
    [locality("west", [endpoint(1), bad(2), bad(3)]), locality("east", [bad(4), bad(5)])],
  ],
  "zone-aware-panic": [zoneAware(), [locality("west", [endpoint(1), bad(2)]), locality("east", [bad(3)])]],
  "weightless-locality": [
    weighted,
    [locality("a", [endpoint(1)], ", load_balancing_weight: 1"), locality("b", [endpoint(2)])],
  ],
  "locality-of-the-ill": [
    weighted,
    [
      locality("a", [bad(1), bad(2)], ", load_balancing_weight: 9"),
      locality("b", [endpoint(3), endpoint(4), endpoint(5)], ", load_balancing_weight: 1"),
    ],
  ],
  "degraded-behind-healthy": [
    "",
    [locality("a", [degraded(1), degraded(2)]), locality("a", [endpoint(3)], ", priority: 1")],
  ],
  "degraded-alone": [
    "",
    [locality("a", [degraded(1), degraded(2)]), locality("a", [degraded(3), bad(4)], ", priority: 1")],
  ],
  "all-ill": ["", [locality("a", [bad(1), bad(2)]), locality("a", [bad(3), bad(4)], ", priority: 1")]],
  "no-panic": [
    "common_lb_config: { healthy_panic_threshold: { value: 0 } }",
    [locality("a", [bad(1), bad(2), bad(3), endpoint(4)]), locality("a", [bad(5), bad(6)], ", priority: 1")],
  ],
};

const yaml = `
node: { id: node, cluster: nodes, locality: { zone: west } }
cluster_manager: { local_cluster_name: local }
static_resources:
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: main
          route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster_header: x-cluster }, response_headers_to_add: [{ header: { key: x-host, value: "%UPSTREAM_HOST%" } }] }] }] }
          http_filters: [{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }]
  clusters:
  - name: local
    type: STATIC
    load_assignment: { cluster_name: local, endpoints: [${locality("west", [endpoint(21)])}, ${locality("east", [endpoint(22)])}] }
${Object.entries(CLUSTERS)
  .map(
    ([name, [settings, localities]]) => `  - name: ${name}
    type: STATIC
    ${settings}
    load_assignment: { cluster_name: ${name}, endpoints: [${localities.join(", ")}] }`,
  )
  .join("\n")}
`;

const REQUESTS = 80;

export const REACHED_HOST_CASES: readonly ConformanceCase[] = [
  {
    title: "which hosts get requests at all, by zone, weight, priority, health and panic",
    yaml,
    observe: async ({ port }) => {
      const seen: Record<string, readonly string[]> = {};
      for (const name of Object.keys(CLUSTERS)) {
        const client = await connectRaw(port);
        const answers = new Set<string>();
        for (let i = 0; i < REQUESTS; i++) {
          client.write(`GET / HTTP/1.1\r\nhost: a\r\nx-cluster: ${name}\r\n\r\n`);
          const { status, header } = await client.response();
          answers.add(header("x-host")?.split(":")[0] ?? String(status));
        }
        client.destroy();
        seen[name] = [...answers].sort();
      }
      return seen;
    },
    stats: [
      ...["zone-aware-failed", "zone-aware-panic", "all-ill", "no-panic"].map(
        (name) => `cluster.${name}.lb_healthy_panic`,
      ),
      "cluster.zone-aware.lb_zone_routing_all_directly",
    ],
  },
];
