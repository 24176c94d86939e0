import type { Dice, Json, JsonObject } from "../generated/dice.ts";
import { PORTS, PROTOCOLS, RANGES, SERVER_NAME_RULES, TRANSPORTS } from "./facts.ts";

/** Makes `filter_chain_match`es of one listener. Two that could mean the same connection alike are refused by both proxies. */
export class ChainMatches {
  private readonly taken = new Set<string>();

  /** Undefined: what the dice gave overlaps with one before. */
  make(dice: Dice): JsonObject | undefined {
    const ranges = (): Json => dice.some(RANGES, 2).map((range) => ({ ...range }));
    const match = dice.fields({
      destination_port: [0.25, () => dice.pick(PORTS)],
      prefix_ranges: [0.2, ranges],
      server_names: [0.45, () => dice.some(SERVER_NAME_RULES, 3)],
      transport_protocol: [0.3, () => dice.pick(TRANSPORTS)],
      application_protocols: [0.35, () => dice.some(PROTOCOLS, 2)],
      direct_source_prefix_ranges: [0.15, ranges],
      source_type: [0.2, () => dice.pick(["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"])],
      source_prefix_ranges: [0.25, ranges],
      source_ports: [0.15, () => dice.some([1000, 2000, 3000], 2)],
    });
    const meant = alternatives(match);
    if (meant.some((one) => this.taken.has(one))) return undefined;
    for (const one of meant) this.taken.add(one);
    return match;
  }
}

/** Every combination of one value a field; a field that is not there or has no values stands for all. */
function alternatives(match: JsonObject): string[] {
  const fields = [
    "destination_port",
    "prefix_ranges",
    "server_names",
    "transport_protocol",
    "application_protocols",
    "direct_source_prefix_ranges",
    "source_type",
    "source_prefix_ranges",
    "source_ports",
  ];
  let combined = [""];
  for (const field of fields) {
    const value = match[field];
    const values = Array.isArray(value) ? value : value === undefined || value === "ANY" ? [] : [value];
    const texts = values.length === 0 ? ["-"] : values.map((one) => JSON.stringify(one));
    combined = combined.flatMap((so) => texts.map((text) => `${so} ${text}`));
  }
  return combined;
}
