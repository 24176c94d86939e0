import { staticCluster } from "../bootstrap.ts";
import { managerOptions } from "./connection-manager.ts";
import { any, Dice, type Json, type JsonObject } from "./dice.ts";
import { headerFields, OPERATORS } from "./header-edits.ts";
import { logFilter } from "./log-filter.ts";
import type { HostRecipe } from "./recipe.ts";
import { filterChain } from "./route-filters.ts";
import { RUNTIME } from "./route-match.ts";
import { Domains, type MadeHost, virtualHost } from "./virtual-host.ts";

export interface Generated {
  /** A bootstrap, with the placeholders of a conformance case. */
  readonly yaml: string;
  readonly listeners: readonly string[];
  readonly hosts: readonly HostRecipe[];
  /** Configuration of a listener's connection manager without its virtual hosts. */
  readonly managers: Readonly<Record<string, JsonObject>>;
  /** Of each virtual host by name. */
  readonly virtualHosts: Readonly<Record<string, JsonObject>>;
}

export interface Size {
  readonly listeners: number;
  readonly hostsEach: number;
}

/** One bootstrap made from a seed; `keep` chooses among its virtual hosts by name. */
export function generate(seed: number, size: Size, keep: (name: string) => boolean = () => true): Generated {
  const dice = new Dice(seed);
  const listeners: string[] = [];
  const hosts: HostRecipe[] = [];
  const configs: JsonObject[] = [];
  const managers: Record<string, JsonObject> = {};
  const virtualHosts: Record<string, JsonObject> = {};
  for (let at = 0; at < size.listeners; at++) {
    const listener = `l${at}`;
    listeners.push(listener);
    const filters = filterChain(dice);
    const filtered = filteredLogs(new Dice(seed ^ (at + 1)), listener);
    const chain = filters.map(nameOf);
    const domains = new Domains();
    const made = Array.from({ length: size.hostsEach }, (_, host) =>
      virtualHost(dice, listener, `${listener}v${host}`, domains, chain),
    );
    const routes: JsonObject = { name: `routes-${listener}`, ...routeOptions(dice) };
    const manager: JsonObject = {
      stat_prefix: listener,
      ...managerOptions(dice),
      access_log: [accessLog(listener), ...filtered],
      http_filters: filters,
    };
    managers[listener] = { ...manager, access_log: filtered, route_config: routes };
    for (const { config, recipe } of made) {
      virtualHosts[recipe.name] = config;
      hosts.push(recipe);
    }
    configs.push(
      listenerOf(listener, { ...manager, route_config: { ...routes, virtual_hosts: kept(made, keep) } }),
    );
  }
  return { yaml: bootstrap(configs), listeners, hosts, managers, virtualHosts };
}

function kept(made: readonly MadeHost[], keep: (name: string) => boolean): Json[] {
  return made.filter(({ recipe }) => keep(recipe.name)).map(({ config }) => config);
}

function nameOf(filter: Json): string {
  return typeof filter === "object" && filter !== null && "name" in filter ? String(filter.name) : "";
}

function routeOptions(dice: Dice): JsonObject {
  return {
    ...headerFields(dice, 0.4),
    ...dice.fields({
      most_specific_header_mutations_wins: [0.4, () => true],
      ignore_port_in_host_matching: [0.3, () => true],
      ignore_path_parameters_in_path_matching: [0.2, () => true],
      internal_only_headers: [0.3, () => ["x-b", "x-internal"]],
    }),
  };
}

/** Names of the fields of an access log's line that are not of the form of `OPERATORS`. */
const LOGGED: JsonObject = {
  case: "%REQ(x-case)%",
  up: "%RESP(x-up)%",
  type: "%RESP(content-type)%",
  sent: "%BYTES_SENT%",
  long: "%RESPONSE_FLAGS_LONG%",
  ended: "%CONNECTION_TERMINATION_DETAILS%",
  failure: "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
  upstream: "%UPSTREAM_PROTOCOL%",
  grpc: "%GRPC_STATUS%",
  host: "%UPSTREAM_HOST%",
  tried: "%UPSTREAM_HOSTS_ATTEMPTED%",
  trailer: "%TRAILER(x-t)%",
  listener: "%LISTENER_NAME%",
  body: "%LOCAL_REPLY_BODY%",
};

function accessLog(listener: string): JsonObject {
  const operators = Object.fromEntries(
    OPERATORS.map((operator) => [operator.slice(1).replace("%", ""), operator]),
  );
  return {
    name: "file",
    typed_config: any("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
      path: `{{dir}}/${listener}.log`,
      log_format: { json_format: { ...LOGGED, ...operators } },
    }),
  };
}

/** Of each listener, besides the one that tells of every request. */
export const FILTERED_LOGS = 4;

function filteredLogs(dice: Dice, listener: string): JsonObject[] {
  return Array.from({ length: FILTERED_LOGS }, (_, at) => ({
    name: "file",
    filter: logFilter(dice),
    typed_config: any("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
      path: `{{dir}}/${listener}.${at}.log`,
      log_format: { json_format: { case: "%REQ(x-case)%", log: String(at) } },
    }),
  }));
}

function listenerOf(name: string, manager: JsonObject): JsonObject {
  const typed = any(
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    manager,
  );
  return {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "hcm", typed_config: typed }] }],
  };
}

/** All retries of requests at once, or none: which of them a limit between lets would be chance. */
const retriesMax = (usual: number): string =>
  `\ncircuit_breakers: { thresholds: [{ max_retries: ${usual} }, { priority: HIGH, max_retries: 100 }] }`;
const RING = staticCluster(
  "ring",
  ["{{upstream}}", "{{upstream2}}"],
  `lb_policy: RING_HASH${retriesMax(100)}`,
);
const MAGLEV = staticCluster(
  "maglev",
  ["{{upstream2}}", "{{upstream}}"],
  `lb_policy: MAGLEV${retriesMax(100)}`,
);
/** Goes by hash policies of its own. */
const OWN = staticCluster(
  "own",
  ["{{upstream}}", "{{upstream2}}"],
  `load_balancing_policy:
  policies:
    - typed_extension_config:
        name: ring
        typed_config: ${JSON.stringify(
          any("envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash", {
            hash_function: "MURMUR_HASH_2",
            consistent_hashing_lb_config: {
              hash_policy: [
                { header: { header_name: "x-b" }, terminal: true },
                { query_parameter: { name: "q" } },
                { connection_properties: { source_ip: true } },
              ],
            },
          }),
        )}${retriesMax(100)}`,
);
const LONE = staticCluster("lone", ["{{upstream}}"], `lb_policy: RING_HASH${retriesMax(100)}`);
const ONE = staticCluster(
  "one",
  ["{{upstream}}"],
  `metadata: { filter_metadata: { gen: { c: of one } } }${retriesMax(100)}`,
);
const TWO = staticCluster("two", ["{{upstream2}}"], `alt_stat_name: second${retriesMax(0)}`);
const DEAD = staticCluster("dead", ["{{dead}}"], retriesMax(100));

function bootstrap(listeners: readonly JsonObject[]): string {
  return `
node: { id: node, cluster: nodes }
layered_runtime: ${JSON.stringify({ layers: [{ name: "gen", static_layer: RUNTIME }] })}
static_resources:
  listeners:
${listeners.map((listener) => `    - ${JSON.stringify(listener)}`).join("\n")}
  clusters:
${[ONE, TWO, RING, MAGLEV, OWN, LONE, DEAD].join("").replaceAll("\n", "\n    ")}
`;
}
