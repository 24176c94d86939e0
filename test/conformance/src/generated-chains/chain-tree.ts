import { any, type Dice, type Json, type JsonObject } from "../generated/dice.ts";
import { IPV4, IPV6, PORTS, SERVER_NAME_RULES, SERVER_NAMES, WITH_ALL } from "./facts.ts";

const INPUTS = "envoy.extensions.matching.common_inputs.network.v3";

interface Input {
  readonly type: string;
  readonly values: readonly string[];
}
const ADDRESSES: readonly Input[] = ["DestinationIPInput", "SourceIPInput", "DirectSourceIPInput"].map(
  (type) => ({ type, values: [...IPV4, ...IPV6] }),
);
const NAME: Input = { type: "ServerNameInput", values: SERVER_NAMES.map((name) => name.toLowerCase()) };
const WORDS: readonly Input[] = [
  { type: "DestinationPortInput", values: PORTS.map(String) },
  { type: "SourcePortInput", values: ["1000", "2000", "3000"] },
  { type: "SourceTypeInput", values: ["local", "external"] },
  { type: "TransportProtocolInput", values: ["tls", "raw_buffer"] },
  { type: "ApplicationProtocolInput", values: ["'h2'", "'http/1.1'", "'h2','http/1.1'", "'h2c'", "'own'"] },
];
const ALL = [...ADDRESSES, NAME, ...WORDS];

/** `filter_chain_matcher`: a tree or a list over what is known of a connection, that leads to one of these chains. */
export function chainTree(dice: Dice, chains: readonly string[], depth = 2): JsonObject {
  const next = (): JsonObject => onMatch(dice, chains, depth);
  const matcher = dice.one<JsonObject>(
    () => ({ matcher_tree: exactTree(dice, next) }),
    () => ({ matcher_tree: prefixTree(dice, next) }),
    () => ({ matcher_tree: addressTree(dice, next) }),
    () => ({ matcher_tree: nameTree(dice, next) }),
    () => ({
      matcher_list: { matchers: dice.times(1, 3, () => ({ predicate: predicate(dice), on_match: next() })) },
    }),
  );
  return { ...matcher, ...dice.fields({ on_no_match: [0.6, next] }) };
}

function onMatch(dice: Dice, chains: readonly string[], depth: number): JsonObject {
  if (depth > 0 && dice.chance(0.4)) return { matcher: chainTree(dice, chains, depth - 1) };
  const value = dice.chance(0.08) ? "gone" : dice.pick(chains);
  return { action: { name: value, typed_config: any("google.protobuf.StringValue", { value }) } };
}

const input = ({ type }: Input): JsonObject => ({ name: type, typed_config: any(`${INPUTS}.${type}`) });

function mapOf(dice: Dice, values: readonly string[], next: () => JsonObject): JsonObject {
  const keys = dice.some(values, 3);
  return Object.fromEntries((keys.length === 0 ? [dice.pick(values)] : keys).map((key) => [key, next()]));
}

function exactTree(dice: Dice, next: () => JsonObject): JsonObject {
  const chosen = dice.pick(ALL);
  return { input: input(chosen), exact_match_map: { map: mapOf(dice, chosen.values, next) } };
}

function prefixTree(dice: Dice, next: () => JsonObject): JsonObject {
  const chosen = dice.pick(ALL);
  const prefixes = chosen.values.flatMap((value) => [value, value.slice(0, 2), value.slice(0, 3)]);
  return { input: input(chosen), prefix_match_map: { map: mapOf(dice, prefixes, next) } };
}

function addressTree(dice: Dice, next: () => JsonObject): JsonObject {
  const matchers = dice.times(1, 3, () => ({
    ranges: dice.times(1, 2, () => ({ ...dice.pick(WITH_ALL) })),
    on_match: next(),
    ...dice.fields({ exclusive: [0.3, () => true] }),
  }));
  return {
    input: input(dice.pick(ADDRESSES)),
    custom_match: {
      name: "ip",
      typed_config: any("xds.type.matcher.v3.IPMatcher", { range_matchers: matchers }),
    },
  };
}

function nameTree(dice: Dice, next: () => JsonObject): JsonObject {
  const rest: string[] = [...SERVER_NAME_RULES, "*"];
  const matchers = dice.times(1, 3, () => {
    const domains = dice.times(1, 2, () => rest.splice(dice.below(rest.length), 1)[0] ?? "*.left");
    return { domains: [...new Set(domains)], on_match: next() };
  });
  const config = any("xds.type.matcher.v3.ServerNameMatcher", { domain_matchers: matchers });
  return { input: input(NAME), custom_match: { name: "names", typed_config: config } };
}

function predicate(dice: Dice, depth = 1): JsonObject {
  const several = (): Json => ({ predicate: dice.times(2, 3, () => predicate(dice, depth - 1)) });
  if (depth > 0 && dice.chance(0.4))
    return dice.one<JsonObject>(
      () => ({ or_matcher: several() }),
      () => ({ and_matcher: several() }),
      () => ({ not_matcher: predicate(dice, depth - 1) }),
    );
  const chosen = dice.pick(ALL);
  const value = dice.pick(chosen.values);
  const match = dice.one<JsonObject>(
    () => ({ exact: value }),
    () => ({ prefix: value.slice(0, 3) }),
    () => ({ suffix: value.slice(-3) }),
    () => ({ contains: value.slice(1, 4) }),
    () => ({ safe_regex: { google_re2: {}, regex: `${value.slice(0, 2).replaceAll(/[.*]/g, "\\$&")}.*` } }),
  );
  return {
    single_predicate: {
      input: input(chosen),
      value_match: {
        ...match,
        ...("safe_regex" in match ? {} : dice.fields({ ignore_case: [0.3, () => true] })),
      },
    },
  };
}
