import { asciiLowerCase } from "./binary-string.ts";
import { type Candidate, CandidateList, NONE } from "./candidate-list.ts";
import type { HeaderView, MatchContext } from "./contract.ts";
import { literalPrefix } from "./linear-regex.ts";
import { endsAtSegment, isConnect, type PathRule } from "./path-rule.ts";
import { type PrefixNode, PrefixTree } from "./prefix-tree.ts";

interface IndexedRoute extends Candidate {
  readonly pathRule: PathRule;
}

/** The routes whose path rule begins with one text: what is left to check differs by kind. */
class RoutesAtPrefix<R extends IndexedRoute> {
  prefix: CandidateList<R> | undefined;
  separated: CandidateList<R> | undefined;
  regex: CandidateList<R> | undefined;

  constructor() {
    this.prefix = undefined;
    this.separated = undefined;
    this.regex = undefined;
  }
}

/**
 * Finds the first route, in the configuration's order, that a request matches. Paths lead straight to the routes that can
 * match: exact ones by a map, prefixes and the literal beginnings of regular expressions by a tree. Of each such group the
 * first match is kept only if it stands before the best one so far.
 */
export class RouteIndex<R extends IndexedRoute> {
  private readonly routes: readonly R[];
  private readonly exact: ReadonlyMap<string, CandidateList<R>>;
  private readonly exactAnyCase: ReadonlyMap<string, CandidateList<R>>;
  private readonly tree: PrefixTree<RoutesAtPrefix<R>>;
  private readonly treeAnyCase: PrefixTree<RoutesAtPrefix<R>> | undefined;
  private readonly connect: CandidateList<R> | undefined;
  private readonly hasRegex: boolean;
  private readonly found: PrefixNode<RoutesAtPrefix<R>>[] = [];

  constructor(routes: readonly R[]) {
    this.routes = routes;
    const connect = routes.filter(({ pathRule }) => pathRule.kind === "connect");
    this.connect = connect.length === 0 ? undefined : new CandidateList(connect);
    this.exact = exactMap(routes, false);
    this.exactAnyCase = exactMap(routes, true);
    this.tree = prefixTree(routes, false);
    const anyCase = routes.some(({ pathRule }) => isPrefix(pathRule) && pathRule.ignoreCase);
    this.treeAnyCase = anyCase ? prefixTree(routes, true) : undefined;
    this.hasRegex = routes.some(({ pathRule }) => pathRule.kind === "regex");
  }

  /** `path` as of `routingPath`; `undefined` for a CONNECT without one. */
  match(path: string | undefined, headers: HeaderView, random: number, context: MatchContext): R | undefined {
    let best = NONE;
    if (this.connect !== undefined && isConnect(headers))
      best = this.connect.first(best, path, headers, random, context);
    if (path !== undefined) {
      const exact = this.exact.get(path);
      if (exact !== undefined) best = exact.first(best, path, headers, random, context);
      if (this.exactAnyCase.size > 0) {
        const list = this.exactAnyCase.get(asciiLowerCase(path));
        if (list !== undefined) best = list.first(best, path, headers, random, context);
      }
      if (this.treeAnyCase !== undefined)
        best = this.along(this.treeAnyCase, asciiLowerCase(path), best, path, headers, random, context);
      best = this.along(this.tree, path, best, path, headers, random, context);
    }
    return best === NONE ? undefined : this.routes[best];
  }

  private along(
    tree: PrefixTree<RoutesAtPrefix<R>>,
    key: string,
    bestSoFar: number,
    path: string,
    headers: HeaderView,
    random: number,
    context: MatchContext,
  ): number {
    let best = bestSoFar;
    const { found } = this;
    const count = tree.walk(key, found);
    // The longest first: it usually stands before the shorter, which then need no look.
    for (let i = count - 1; i >= 0; i--) {
      const node = found[i];
      const at = node?.value;
      if (node === undefined || at === undefined) continue;
      if (at.prefix !== undefined) best = at.prefix.first(best, path, headers, random, context);
      if (at.separated !== undefined && endsAtSegment(key, node.depth))
        best = at.separated.first(best, path, headers, random, context);
    }
    if (!this.hasRegex) return best;
    for (let i = count - 1; i >= 0; i--) {
      const list = found[i]?.value?.regex;
      if (list !== undefined) best = list.first(best, path, headers, random, context);
    }
    return best;
  }
}

function isPrefix(rule: PathRule): rule is Extract<PathRule, { text: string }> {
  return rule.kind === "prefix" || rule.kind === "separatedPrefix";
}

function exactMap<R extends IndexedRoute>(
  routes: readonly R[],
  ignoreCase: boolean,
): ReadonlyMap<string, CandidateList<R>> {
  const byPath = new Map<string, R[]>();
  for (const route of routes) {
    const rule = route.pathRule;
    if (rule.kind !== "exact" || rule.ignoreCase !== ignoreCase) continue;
    const same = byPath.get(rule.text);
    if (same === undefined) byPath.set(rule.text, [route]);
    else same.push(route);
  }
  return new Map([...byPath].map(([path, same]) => [path, new CandidateList(same)]));
}

function prefixTree<R extends IndexedRoute>(
  routes: readonly R[],
  ignoreCase: boolean,
): PrefixTree<RoutesAtPrefix<R>> {
  const tree = new PrefixTree<RoutesAtPrefix<R>>();
  const groups = new Map<RoutesAtPrefix<R>, { prefix: R[]; separated: R[]; regex: R[] }>();
  for (const route of routes) {
    const rule = route.pathRule;
    const text = treeKey(rule, ignoreCase);
    if (text === undefined) continue;
    const at = tree.at(text, () => new RoutesAtPrefix<R>());
    const group = groups.get(at) ?? { prefix: [], separated: [], regex: [] };
    groups.set(at, group);
    group[rule.kind === "separatedPrefix" ? "separated" : rule.kind === "regex" ? "regex" : "prefix"].push(
      route,
    );
  }
  for (const [at, { prefix, separated, regex }] of groups) {
    if (prefix.length > 0) at.prefix = new CandidateList(prefix);
    if (separated.length > 0) at.separated = new CandidateList(separated);
    if (regex.length > 0) at.regex = new CandidateList(regex);
  }
  return tree;
}

function treeKey(rule: PathRule, ignoreCase: boolean): string | undefined {
  if (rule.kind === "regex") {
    if (ignoreCase) return undefined;
    const literal = literalPrefix(rule.regex.source);
    return rule.withParameters ? literal.replace(/;.*$/, "") : literal;
  }
  return isPrefix(rule) && rule.ignoreCase === ignoreCase ? rule.text : undefined;
}
