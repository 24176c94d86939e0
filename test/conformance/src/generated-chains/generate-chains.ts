import { any, Dice, type Json, type JsonObject } from "../generated/dice.ts";
import { ChainMatches } from "./chain-match.ts";
import { chainTree } from "./chain-tree.ts";
import { type Client, makeClient } from "./client.ts";

export interface GeneratedChains {
  /** A bootstrap for `startProxy`. */
  readonly yaml: string;
  readonly listeners: Readonly<Record<string, JsonObject>>;
  readonly clients: readonly Client[];
}

export interface ChainsSize {
  readonly listeners: number;
  /** Connections to each. */
  readonly clientsEach: number;
}

const LISTENER = "envoy.extensions.filters.listener";

/** Listeners whose chains each answer with their own name, and connections to them. */
export function generateChains(seed: number, { listeners: count, clientsEach }: ChainsSize): GeneratedChains {
  const dice = new Dice(seed);
  const listeners: Record<string, JsonObject> = {};
  const clients: Client[] = [];
  for (let at = 0; at < count; at++) {
    const name = `l${at}`;
    const proxied = dice.chance(0.6);
    listeners[name] = listener(dice, name, proxied);
    for (let client = 0; client < clientsEach; client++)
      clients.push(makeClient(dice, name, `${name}c${client}`, proxied));
  }
  const lines = Object.values(listeners).map((config) => `    - ${JSON.stringify(config)}`);
  return { yaml: `\nstatic_resources:\n  listeners:\n${lines.join("\n")}\n`, listeners, clients };
}

function listener(dice: Dice, name: string, proxied: boolean): JsonObject {
  const matches = new ChainMatches();
  const made = dice.times(1, 8, () => matches.make(dice)).filter((match) => match !== undefined);
  const chains = made.map((match, at) => ({ ...chain(`chain${at}`), filter_chain_match: match }));
  const names = chains.map((_, at) => `chain${at}`);
  return {
    name,
    stat_prefix: name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    listener_filters: listenerFilters(dice, proxied),
    listener_filters_timeout: "0.4s",
    filter_chains: chains,
    access_log: [accessLog(name)],
    ...dice.fields({
      continue_on_listener_filters_timeout: [0.3, () => true],
      default_filter_chain: [0.6, () => chain("rest")],
      filter_chain_matcher: [0.4, () => chainTree(dice, names)],
    }),
  };
}

function chain(name: string): JsonObject {
  const typed = any("envoy.extensions.filters.network.direct_response.v3.Config", {
    response: { inline_string: name },
  });
  return { name, filters: [{ name: "answer", typed_config: typed }] };
}

function listenerFilters(dice: Dice, proxied: boolean): Json[] {
  const proxyProtocol = any(
    `${LISTENER}.proxy_protocol.v3.ProxyProtocol`,
    dice.fields({
      allow_requests_without_proxy_protocol: [0.6, () => true],
      stat_prefix: [0.3, () => "own"],
    }),
  );
  const filters = [
    ...(proxied ? [{ name: "proxy", typed_config: proxyProtocol }] : []),
    ...(dice.chance(0.7)
      ? [{ name: "tls", typed_config: any(`${LISTENER}.tls_inspector.v3.TlsInspector`) }]
      : []),
    ...(dice.chance(0.5)
      ? [{ name: "http", typed_config: any(`${LISTENER}.http_inspector.v3.HttpInspector`) }]
      : []),
  ];
  return filters;
}

function accessLog(name: string): JsonObject {
  return {
    name: "file",
    typed_config: any("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
      path: `{{dir}}/${name}.log`,
      log_format: {
        json_format: {
          client: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
          chain: "%FILTER_CHAIN_NAME%",
          name: "%REQUESTED_SERVER_NAME%",
          remote: "%DOWNSTREAM_REMOTE_ADDRESS%",
          local: "%DOWNSTREAM_LOCAL_ADDRESS%",
          direct: "%DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT%",
          flags: "%RESPONSE_FLAGS%",
          details: "%CONNECTION_TERMINATION_DETAILS%",
          received: "%BYTES_RECEIVED%",
          sent: "%BYTES_SENT%",
        },
      },
    }),
  };
}
