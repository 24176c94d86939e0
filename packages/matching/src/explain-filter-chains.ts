import { create } from "@bufbuild/protobuf";
import {
  type FilterChainMatch,
  FilterChainMatchSchema,
  FilterChainSchema,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { Verdict } from "./explain-match.ts";
import type { ConnectionFacts } from "./filter-chain-level.ts";
import { filterChainMatchJson } from "./filter-chain-match-json.ts";
import {
  type CompiledFilterChain,
  compileFilterChains,
  type FilterChainTable,
} from "./filter-chain-table.ts";
import type { MatchStep } from "./matcher/match-trace.ts";

/** Why a connection got its filter chain; paths from the Listener's root. */
export interface FilterChainExplanation<T> {
  readonly chain: CompiledFilterChain<T> | undefined;
  /** In the configuration's order, the default chain last. */
  readonly chains: readonly Verdict[];
  /** The steps of the `filter_chain_matcher`; empty where the chains' own matches choose. */
  readonly matcher: readonly MatchStep[];
}

/** The same decision as `table.find`, with its reasons. Looks at everything: not for the hot path. */
export function explainFilterChains<T>(
  table: FilterChainTable<T>,
  facts: ConnectionFacts,
): FilterChainExplanation<T> {
  const chain = table.find(facts);
  const matcher = table.explainTree(facts);
  const candidates = table.defaultChain === undefined ? table.chains : [...table.chains, table.defaultChain];
  return {
    chain,
    matcher: matcher ?? [],
    chains: candidates.map((candidate) => {
      const path = candidate.index < 0 ? "default_filter_chain" : `filter_chains[${candidate.index}]`;
      const { name } = candidate.config;
      if (candidate === chain) return { name, path, outcome: "chosen", reasons: [] };
      if (candidate.index < 0)
        return shadowed(name, path, "it takes only what no other chain takes", "rejected");
      if (matcher !== undefined)
        return shadowed(name, path, "filter_chain_matcher does not choose it", "rejected");
      return chainVerdict(candidate, chain, path, facts);
    }),
  };
}

function shadowed(name: string, path: string, message: string, outcome: Verdict["outcome"]): Verdict {
  return { name, path, outcome, reasons: [{ field: path, message }] };
}

interface Criterion {
  readonly field: string;
  /** The match with nothing but this criterion. */
  only(match: FilterChainMatch): FilterChainMatch;
  given(facts: ConnectionFacts): string | number | readonly string[];
}

const only = (init: Partial<FilterChainMatch>): FilterChainMatch => {
  const match = create(FilterChainMatchSchema);
  return Object.assign(match, init);
};

/** In the order in which a listener decides. */
const CRITERIA: readonly Criterion[] = [
  {
    field: "destination_port",
    only: ({ destinationPort }) => only(destinationPort === undefined ? {} : { destinationPort }),
    given: ({ destinationPort }) => destinationPort,
  },
  {
    field: "prefix_ranges",
    only: ({ prefixRanges }) => only({ prefixRanges }),
    given: ({ destinationIp }) => destinationIp,
  },
  {
    field: "server_names",
    only: ({ serverNames }) => only({ serverNames }),
    given: ({ serverName }) => serverName,
  },
  {
    field: "transport_protocol",
    only: ({ transportProtocol }) => only({ transportProtocol }),
    given: ({ transportProtocol }) => transportProtocol,
  },
  {
    field: "application_protocols",
    only: ({ applicationProtocols }) => only({ applicationProtocols }),
    given: ({ applicationProtocols }) => applicationProtocols,
  },
  {
    field: "direct_source_prefix_ranges",
    only: ({ directSourcePrefixRanges }) => only({ directSourcePrefixRanges }),
    given: ({ directSourceIp }) => directSourceIp,
  },
  {
    field: "source_type",
    only: ({ sourceType }) => only({ sourceType }),
    given: ({ sourceIp }) => sourceIp,
  },
  {
    field: "source_prefix_ranges",
    only: ({ sourcePrefixRanges }) => only({ sourcePrefixRanges }),
    given: ({ sourceIp }) => sourceIp,
  },
  {
    field: "source_ports",
    only: ({ sourcePorts }) => only({ sourcePorts }),
    given: ({ sourcePort }) => sourcePort,
  },
];

const NOTHING = filterChainMatchJson(undefined);

function chainVerdict<T>(
  candidate: CompiledFilterChain<T>,
  chosen: CompiledFilterChain<T> | undefined,
  path: string,
  facts: ConnectionFacts,
): Verdict {
  const { name, filterChainMatch } = candidate.config;
  const match = filterChainMatch ?? create(FilterChainMatchSchema);
  const reasons = CRITERIA.flatMap(({ field, only: part, given }) => {
    const asked = part(match);
    if (takes(asked, facts)) return [];
    const has = given(facts);
    const missing = has === "" || (Array.isArray(has) && has.length === 0);
    const message = `wanted: ${filterChainMatchJson(asked)}; the connection has ${missing ? "none" : JSON.stringify(has)}`;
    return [{ field: `${path}.filter_chain_match.${field}`, message }];
  });
  if (reasons.length > 0) return { name, path, outcome: "rejected", reasons };
  const winner = chosen?.index === -1 ? undefined : chosen?.config;
  const decisive = CRITERIA.find(
    ({ only: part }) =>
      winner !== undefined &&
      filterChainMatchJson(part(winner.filterChainMatch ?? create(FilterChainMatchSchema))) !==
        filterChainMatchJson(part(match)),
  );
  const message =
    winner === undefined || decisive === undefined
      ? "takes the connection by itself, but an earlier step settled on chains that ask more precisely, and none of those takes it"
      : `takes the connection too, but ${winner.name || `filter_chains[${chosen?.index ?? -1}]`} asks more precisely for ${decisive.field}`;
  return shadowed(name, path, message, "shadowed");
}

/** Asks the listener's own code, with a table of one chain. */
function takes(match: FilterChainMatch, facts: ConnectionFacts): boolean {
  if (filterChainMatchJson(match) === NOTHING) return true;
  const filterChains = [create(FilterChainSchema, { filterChainMatch: match })];
  const table = compileFilterChains(create(ListenerSchema, { filterChains }), {
    payload: () => ({ ok: true, value: undefined }),
  });
  return table.ok && table.value.find(facts) !== undefined;
}
