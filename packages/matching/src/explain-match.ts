import { asciiLowerCase } from "./binary-string.ts";
import type { CompiledRoute } from "./compiled-route.ts";
import type { Condition, HeaderView, MatchContext } from "./contract.ts";
import type { MatchStep } from "./matcher/match-trace.ts";
import { INSUFFICIENT_DATA } from "./matcher/match-tree.ts";
import { describePathRule, meetsPathRule } from "./path-rule.ts";
import { RequestMatchingData } from "./route-matcher.ts";
import type { CompiledVirtualHost, RouteTable } from "./route-table.ts";
import { type Domain, type DomainKind, domainTakes } from "./virtual-host-index.ts";

/** Why a request went where it went: every candidate with its fate, in the configuration's order. */
export interface Explanation<T> {
  /** The host that was compared with the domains; `undefined` when the request has none. */
  readonly host: string | undefined;
  /** The path that was compared with the routes. */
  readonly path: string | undefined;
  readonly virtualHosts: readonly Verdict[];
  /** The steps of the chosen virtual host's matcher, which chooses among lists of routes; empty when it has none. */
  readonly matcher: readonly MatchStep[];
  /** Those of the chosen virtual host, or of the list that its matcher chose; empty when none was. */
  readonly routes: readonly Verdict[];
  readonly virtualHost: CompiledVirtualHost<T> | undefined;
  readonly route: CompiledRoute<T> | undefined;
}

export interface Verdict {
  readonly name: string;
  /** Field path from the RouteConfiguration's root. */
  readonly path: string;
  /** `shadowed`: it matches too, but another that comes first or is more specific was chosen. */
  readonly outcome: "chosen" | "rejected" | "shadowed";
  /** Every condition that failed, or why another was preferred; empty for what was chosen. */
  readonly reasons: readonly { readonly field: string; readonly message: string }[];
}

/** The same decision as `table.match`, with its reasons. Looks at everything: not for the hot path. */
export function explainMatch<T>(
  table: RouteTable<T>,
  headers: HeaderView,
  random = 0,
  context: MatchContext = {},
): Explanation<T> {
  const host = table.host(headers);
  const virtualHost = table.findVirtualHost(headers);
  const path = virtualHost?.routingPath(headers);
  const route = virtualHost?.match(headers, random, context);
  const tree = virtualHost?.matcher?.explain(new RequestMatchingData(headers, context));
  const list =
    tree === undefined ? virtualHost?.list : tree.answer === INSUFFICIENT_DATA ? undefined : tree.answer;
  return {
    host,
    path,
    virtualHost,
    route,
    virtualHosts: table.virtualHosts.map((candidate) => hostVerdict(candidate, host, virtualHost)),
    matcher: tree?.steps ?? [],
    routes: (list?.routes ?? []).map((candidate) =>
      routeVerdict(candidate, route, { path, headers, random, context }),
    ),
  };
}

const KINDS: Record<DomainKind, string> = {
  exact: "exact",
  suffix: "suffix wildcard",
  prefix: "prefix wildcard",
  any: "catch-all",
};

function hostVerdict<T>(
  candidate: CompiledVirtualHost<T>,
  host: string | undefined,
  chosen: CompiledVirtualHost<T> | undefined,
): Verdict {
  const { path } = candidate;
  const { name } = candidate.config;
  if (candidate === chosen) return { name, path, outcome: "chosen", reasons: [] };
  const field = `${path}.domains`;
  const own = mostSpecific(candidate.domains, host);
  if (own === undefined || chosen === undefined) {
    const message =
      host === undefined ? "the request names no host" : `none of its domains takes ${JSON.stringify(host)}`;
    return { name, path, outcome: "rejected", reasons: [{ field, message }] };
  }
  const winner = mostSpecific(chosen.domains, host);
  const message = `its ${KINDS[own.kind]} domain ${own.source} takes the host, but ${KINDS[winner?.kind ?? "any"]} ${winner?.source ?? "*"} of ${chosen.config.name} is more specific`;
  return { name, path, outcome: "shadowed", reasons: [{ field, message }] };
}

const RANKS: Record<DomainKind, number> = { exact: 0, suffix: 1, prefix: 2, any: 3 };

function mostSpecific(domains: readonly Domain[], host: string | undefined): Domain | undefined {
  const name = host === undefined ? undefined : asciiLowerCase(host);
  return domains
    .filter((domain) => (name === undefined ? domain.kind === "any" : domainTakes(domain, name)))
    .sort((a, b) => RANKS[a.kind] - RANKS[b.kind] || b.text.length - a.text.length)[0];
}

interface Asked {
  readonly path: string | undefined;
  readonly headers: HeaderView;
  readonly random: number;
  readonly context: MatchContext;
}

function routeVerdict<T>(
  candidate: CompiledRoute<T>,
  chosen: CompiledRoute<T> | undefined,
  asked: Asked,
): Verdict {
  const { path } = candidate;
  const { name } = candidate.config;
  if (candidate === chosen) return { name, path, outcome: "chosen", reasons: [] };
  const reasons: { field: string; message: string }[] = [];
  if (!meetsPathRule(candidate.pathRule, asked.path, asked.headers))
    reasons.push({
      field: candidate.pathRule.field,
      message: `wanted: ${describePathRule(candidate.pathRule)}; the path is ${JSON.stringify(asked.path ?? null)}`,
    });
  for (const condition of candidate.conditions)
    if (!condition.matches(asked.headers, asked.random, asked.context))
      reasons.push({
        field: condition.field,
        message: `wanted: ${condition.wanted}${givenText(condition, asked)}`,
      });
  if (reasons.length > 0) return { name, path, outcome: "rejected", reasons };
  const message = `matches too, but ${chosen?.config.name || `routes[${chosen?.index ?? -1}]`} stands before it`;
  return { name, path, outcome: "shadowed", reasons: [{ field: path, message }] };
}

function givenText(condition: Condition, { headers, context }: Asked): string {
  if (condition.given === undefined) return "";
  const given = condition.given(headers, context);
  return given === undefined ? "; the request has none" : `; the request has ${JSON.stringify(given)}`;
}
