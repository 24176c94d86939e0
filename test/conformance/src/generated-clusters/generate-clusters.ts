import { any, Dice, type JsonObject } from "../generated/dice.ts";
import { HostAddresses, localities } from "./hosts.ts";
import { balancing, metadataMatch } from "./policies.ts";

/** A route to one of the clusters, of which many requests tell how it balances. */
export interface ProbedRoute {
  readonly path: string;
  readonly cluster: string;
  /** Each request's host follows from the request alone; else only how often each host comes is the same. */
  readonly exact: boolean;
  /** Addresses of the cluster's hosts, which some requests ask for by name (`override_host`). */
  readonly addresses: readonly string[];
}

export interface GeneratedClusters {
  /** A bootstrap for `startProxy`; `{{port}}` is the hosts' port. */
  readonly yaml: string;
  readonly clusters: Readonly<Record<string, JsonObject>>;
  readonly routes: readonly ProbedRoute[];
}

/** Clusters with hosts in all states and ways of balancing, and routes to each. */
export function generateClusters(seed: number, count: number): GeneratedClusters {
  const dice = new Dice(seed);
  const addresses = new HostAddresses();
  const clusters: Record<string, JsonObject> = {};
  const routes: ProbedRoute[] = [];
  const configs: JsonObject[] = [];
  for (let at = 0; at < count; at++) {
    const name = `c${at}`;
    const policy = balancing(dice);
    const wellness = dice.pick([1, 0.8, 0.5, 0.2, 0]);
    clusters[name] = {
      name,
      type: "STATIC",
      connect_timeout: "2s",
      ...policy.fields,
      load_assignment: {
        cluster_name: name,
        endpoints: localities(dice, addresses, wellness, policy.ownWeights),
        ...dice.fields({ policy: [0.4, () => assignmentPolicy(dice)] }),
      },
    };
    const ofCluster = addressesIn(clusters[name]);
    for (let route = 0; route < 3; route++) {
      const hashed = policy.byHash && dice.chance(0.8);
      const path = `/${name}/${route}`;
      routes.push({ path, cluster: name, exact: hashed, addresses: ofCluster });
      configs.push({
        match: { path },
        route: {
          cluster: name,
          ...(hashed ? { hash_policy: [{ header: { header_name: "x-hash" } }] } : {}),
          ...dice.fields({ metadata_match: [0.5, () => metadataMatch(dice)] }),
        },
      });
    }
  }
  return { yaml: bootstrap(configs, Object.values(clusters)), clusters, routes };
}

const addressesIn = (cluster: unknown): string[] =>
  [...JSON.stringify(cluster).matchAll(/"address":"([\d.]+)"/g)].map(([, address = ""]) => address);

function assignmentPolicy(dice: Dice): JsonObject {
  return dice.fields({
    overprovisioning_factor: [0.6, () => dice.pick([100, 140, 200, 1000])],
    weighted_priority_health: [0.4, () => true],
  });
}

/** The proxy stands in a zone of its own cluster, as zone-aware routing wants it. */
function bootstrap(routes: readonly JsonObject[], clusters: readonly JsonObject[]): string {
  const manager = any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "probes",
    http_filters: [{ name: "router", typed_config: any("envoy.extensions.filters.http.router.v3.Router") }],
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes }],
      response_headers_to_add: [
        { header: { key: "x-flags", value: "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%" } },
      ],
    },
  });
  const listener = {
    name: "main",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "hcm", typed_config: manager }] }],
  };
  const own = (zone: string, hosts: number): JsonObject => ({
    locality: { region: "r", zone },
    lb_endpoints: Array.from({ length: hosts }, (_, at) => ({
      endpoint: {
        address: { socket_address: { address: `127.2.${zone.charCodeAt(0)}.${at + 1}`, port_value: 9 } },
      },
    })),
  });
  const local = {
    name: "own",
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: "own", endpoints: [own("a", 3), own("b", 1), own("c", 2)] },
  };
  return `
node: { id: node, cluster: own, locality: { region: r, zone: a } }
cluster_manager: { local_cluster_name: own }
static_resources:
  listeners:
    - ${JSON.stringify(listener)}
  clusters:
${[local, ...clusters].map((cluster) => `    - ${JSON.stringify(cluster).replaceAll('"{{port}}"', "{{port}}")}`).join("\n")}
`;
}
