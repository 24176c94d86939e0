import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import type { Compiled } from "./contract.ts";
import type { ConnectionFacts } from "./filter-chain-level.ts";
import { compileMatcher, type MatcherConfig, type MatcherTree } from "./matcher/compile-matcher.ts";
import type { MatchStep } from "./matcher/match-trace.ts";
import { INSUFFICIENT_DATA } from "./matcher/match-tree.ts";
import type { ConnectionView } from "./matcher/matching-data.ts";
import { NETWORK_INPUTS } from "./matcher/network-inputs.ts";
import { compileExtension, known } from "./matcher/typed-extension.ts";

interface NamedChain {
  readonly name: string;
}

/** `Listener.filter_chain_matcher`: a tree whose actions are names of chains. */
export class FilterChainTree<C> {
  private readonly tree: MatcherTree<NamedChain>;
  private readonly chains: ReadonlyMap<string, C>;

  constructor(tree: MatcherTree<NamedChain>, chains: ReadonlyMap<string, C>) {
    this.tree = tree;
    this.chains = chains;
  }

  /** `none`: nothing matches. `undefined`: what matches names a chain that is not there, and no other will do. */
  find(facts: ConnectionFacts): C | undefined | "none" {
    const answer = this.tree.match({ connection: new FactsView(facts) });
    return answer === undefined || answer === INSUFFICIENT_DATA ? "none" : this.chains.get(answer.name);
  }

  /** The steps by which `find` decides. */
  explain(facts: ConnectionFacts): readonly MatchStep[] {
    return this.tree.explain({ connection: new FactsView(facts) }).steps;
  }
}

export function compileFilterChainTree<C>(
  config: MatcherConfig,
  chains: ReadonlyMap<string, C>,
): Compiled<FilterChainTree<C>> {
  const tree = compileMatcher<NamedChain>(config, "filter_chain_matcher", {
    inputs: NETWORK_INPUTS,
    action: (action, path) => compileExtension(action, ACTIONS, "filter chain name", path),
    keepMatching: false,
  });
  return tree.ok ? { ok: true, value: new FilterChainTree(tree.value, chains) } : tree;
}

const ACTIONS = new Map([
  known<StringValue, NamedChain>(StringValueSchema, ({ value }) => ({ ok: true, value: { name: value } })),
]);

/** Facts as matchers see them; certificates are not known before a chain is chosen. */
class FactsView implements ConnectionView {
  readonly uriSanPeer: readonly string[] = [];
  readonly dnsSanPeer: readonly string[] = [];
  readonly subjectPeer = "";
  private readonly facts: ConnectionFacts;

  constructor(facts: ConnectionFacts) {
    this.facts = facts;
  }
  get destinationIp(): string | undefined {
    return this.facts.destinationIp || undefined;
  }
  get destinationPort(): number | undefined {
    return this.facts.destinationIp === "" ? undefined : this.facts.destinationPort;
  }
  get sourceIp(): string | undefined {
    return this.facts.sourceIp || undefined;
  }
  get sourcePort(): number | undefined {
    return this.facts.sourceIp === "" ? undefined : this.facts.sourcePort;
  }
  get directSourceIp(): string | undefined {
    return this.facts.directSourceIp || undefined;
  }
  get serverName(): string {
    return this.facts.serverName;
  }
  get transportProtocol(): string {
    return this.facts.transportProtocol;
  }
  get applicationProtocols(): readonly string[] {
    return this.facts.applicationProtocols;
  }
}
