import type { CidrRange } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import {
  type FilterChain,
  type FilterChainMatch,
  FilterChainMatch_ConnectionSourceType as SourceType,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { asciiLowerCase } from "./binary-string.ts";
import { ALL_ADDRESSES, type Cidr, cidrKey, parseCidr } from "./cidr-map.ts";
import type { Compiled } from "./contract.ts";
import { type ConnectionFacts, findLeaf, LEVELS, MatchLevel } from "./filter-chain-level.ts";
import { filterChainMatchJson } from "./filter-chain-match-json.ts";
import { compileFilterChainTree, type FilterChainTree } from "./filter-chain-tree.ts";
import type { MatchStep } from "./matcher/match-trace.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";

export interface CompiledFilterChain<T> {
  /** Position in `filter_chains`; -1 for the default one. */
  readonly index: number;
  readonly config: FilterChain;
  readonly payload: T;
}

/** A listener's filter chains, ready to be chosen from. Immutable. */
export class FilterChainTable<T> {
  /** All of them in the configuration's order, the default one not among them. */
  readonly chains: readonly CompiledFilterChain<T>[];
  readonly defaultChain: CompiledFilterChain<T> | undefined;
  private readonly root: MatchLevel<CompiledFilterChain<T>> | FilterChainTree<CompiledFilterChain<T>>;

  constructor(
    root: MatchLevel<CompiledFilterChain<T>> | FilterChainTree<CompiledFilterChain<T>>,
    chains: readonly CompiledFilterChain<T>[],
    defaultChain: CompiledFilterChain<T> | undefined,
  ) {
    this.root = root;
    this.chains = chains;
    this.defaultChain = defaultChain;
  }

  /**
   * The chain for a connection, the default one where none matches. Envoy's order, and like there a step is never taken
   * back: once a destination port, address, server name … is chosen, only the chains that name it count.
   */
  find(connection: ConnectionFacts): CompiledFilterChain<T> | undefined {
    const { root } = this;
    if (root instanceof MatchLevel) return findLeaf(root, connection) ?? this.defaultChain;
    const found = root.find(connection);
    return found === "none" ? this.defaultChain : found;
  }

  /** The steps of the `filter_chain_matcher`; `undefined` where the chains' own matches choose. */
  explainTree(connection: ConnectionFacts): readonly MatchStep[] | undefined {
    return this.root instanceof MatchLevel ? undefined : this.root.explain(connection);
  }
}

export interface CompileFilterChainsOptions<T> {
  /** Compiles what the chain consists of; `path` is where it stands (`filter_chains[0]`). */
  payload(chain: FilterChain, path: string): Compiled<T>;
}

/**
 * `Listener.filter_chains` and `default_filter_chain` → table; problems carry paths from the Listener's root. With a
 * `filter_chain_matcher` the tree alone chooses, by the chains' names. Refused by name: filter chain discovery, `address_suffix` and `suffix_len` (Envoy lacks these two as well).
 */
export function compileFilterChains<T>(
  listener: Listener,
  options: CompileFilterChainsOptions<T>,
): Compiled<FilterChainTable<T>> {
  const problems = new ProblemList();
  if (listener.fcdsConfig) problems.unimplemented("fcds_config", "filter chain discovery");
  const root = new MatchLevel<CompiledFilterChain<T>>();
  const chains: CompiledFilterChain<T>[] = [];
  const seen = new Map<string, FilterChain>();
  const address = addressText(listener);
  const tree = listener.filterChainMatcher;
  const names = new Map<string, CompiledFilterChain<T>>();
  for (const [index, config] of listener.filterChains.entries()) {
    const path = `filter_chains[${index}]`;
    const payload = problems.take(wrap(options.payload(config, path)));
    if (tree !== undefined) {
      const problem = nameProblem(config.name, names);
      if (problem !== undefined)
        problems.error(fieldPath(path, "name"), `error adding listener '${address}': ${problem}`);
      if (payload !== undefined) {
        const chain = { index, config, payload: payload.it };
        chains.push(chain);
        names.set(config.name, chain);
      }
      continue;
    }
    const keys = matchKeys(config.filterChainMatch, fieldPath(path, "filter_chain_match"), problems);
    if (payload === undefined || keys === undefined) continue;
    const chain = { index, config, payload: payload.it };
    chains.push(chain);
    const overlap = overlapOf(root, keys, chain, seen);
    if (overlap !== undefined)
      problems.error(fieldPath(path, "filter_chain_match"), `error adding listener '${address}': ${overlap}`);
  }
  const { defaultFilterChain } = listener;
  const defaultPayload =
    defaultFilterChain && problems.take(wrap(options.payload(defaultFilterChain, "default_filter_chain")));
  const matcher = tree && problems.take(compileFilterChainTree(tree, names));
  return problems.result(() => {
    root.freeze();
    const byDefault =
      defaultFilterChain && defaultPayload
        ? { index: -1, config: defaultFilterChain, payload: defaultPayload.it }
        : undefined;
    return new FilterChainTable(matcher ?? root, chains, byDefault);
  });
}

function nameProblem(name: string, names: ReadonlyMap<string, unknown>): string | undefined {
  if (name === "") return '"name" field is required when using a listener matcher';
  return names.has(name) ? `"name" field is duplicated with value '${name}'` : undefined;
}

/** Lets a payload be `undefined` without being taken for a wrong one. */
function wrap<T>(compiled: Compiled<T>): Compiled<{ readonly it: T }> {
  return compiled.ok ? { ok: true, value: { it: compiled.value } } : compiled;
}

/** Adds the chain; answers Envoy's words for a chain that asks for the same as an earlier one. */
function overlapOf<C extends { readonly config: FilterChain }>(
  root: MatchLevel<C>,
  keys: Keys,
  chain: C,
  seen: Map<string, FilterChain>,
): string | undefined {
  const { config } = chain;
  const json = filterChainMatchJson(config.filterChainMatch);
  const first = seen.get(json);
  seen.set(json, first ?? config);
  if (first !== undefined)
    return `filter chain '${config.name}' has the same matching rules defined as '${first.name}'. duplicate matcher is: ${json}`;
  return root.add(keys, chain, rankOf(config.filterChainMatch))
    ? undefined
    : "multiple filter chains with overlapping matching rules are defined";
}

/** Ranges of all addresses go before ranges that are not given, which hold the same addresses; Envoy takes either by chance. */
function rankOf(match: FilterChainMatch | undefined): number {
  const given = [match?.prefixRanges, match?.directSourcePrefixRanges, match?.sourcePrefixRanges];
  return given.reduce((rank, ranges) => 2 * rank + ((ranges?.length ?? 0) > 0 ? 1 : 0), 0);
}

/** How Envoy names a listener in its messages. */
function addressText(listener: Listener): string {
  const address = listener.address?.address;
  if (address?.case === "pipe") return address.value.path;
  if (address?.case !== "socketAddress") return listener.name;
  const { address: ip, portSpecifier } = address.value;
  const port = portSpecifier.case === "portValue" ? portSpecifier.value : 0;
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

type Keys = readonly (readonly { readonly key: string; readonly cidr?: Cidr }[])[];

/** Per level of the match, everything that the chain takes there; "" (or every address) where it does not ask. */
function matchKeys(
  match: FilterChainMatch | undefined,
  path: string,
  problems: ProblemList,
): Keys | undefined {
  const before = problems.problems.length;
  if (match !== undefined && match.addressSuffix !== "")
    problems.unimplemented(fieldPath(path, "address_suffix"), "address_suffix");
  if (match?.suffixLen !== undefined) problems.unimplemented(fieldPath(path, "suffix_len"), "suffix_len");
  const ranges = (field: string, list: readonly CidrRange[] = []) =>
    list.length === 0
      ? ALL_ADDRESSES.map((cidr) => ({ key: cidrKey(cidr), cidr }))
      : list
          .map((range, i) => problems.take(parseCidr(range, fieldPath(path, `${field}[${i}]`))))
          .filter((cidr) => cidr !== undefined)
          .map((cidr) => ({ key: cidrKey(cidr), cidr }));
  const texts = (list: readonly (string | number)[] = []) =>
    list.length === 0 ? [{ key: "" }] : list.map((text) => ({ key: String(text) }));
  const sourceType = match?.sourceType ?? SourceType.ANY;
  const keys: Keys = [
    texts(match?.destinationPort === undefined ? [] : [match.destinationPort]),
    ranges("prefix_ranges", match?.prefixRanges),
    texts(serverNames(match?.serverNames ?? [], path, problems)),
    texts(match?.transportProtocol === undefined ? [] : [match.transportProtocol]),
    texts(match?.applicationProtocols),
    ranges("direct_source_prefix_ranges", match?.directSourcePrefixRanges),
    texts([SOURCE_TYPES[sourceType]]),
    ranges("source_prefix_ranges", match?.sourcePrefixRanges),
    texts(match?.sourcePorts),
  ];
  if (keys.length !== LEVELS) throw new Error("a level of the filter chain match is missing");
  return problems.problems.length > before ? undefined : keys;
}

const SOURCE_TYPES: Record<SourceType, string> = {
  [SourceType.ANY]: "",
  [SourceType.SAME_IP_OR_LOOPBACK]: "local",
  [SourceType.EXTERNAL]: "external",
};

/** `*.foo` is kept as `.foo`. */
function serverNames(names: readonly string[], path: string, problems: ProblemList): string[] {
  return names.map((name, i) => {
    const lower = asciiLowerCase(name);
    const wild = lower.startsWith("*.");
    const rest = wild ? lower.slice(1) : lower;
    if (!wild && rest.includes("*"))
      problems.error(
        fieldPath(path, `server_names[${i}]`),
        'partial wildcards are not supported in "server_names"',
      );
    return rest;
  });
}
