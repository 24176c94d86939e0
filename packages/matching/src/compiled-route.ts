import type { Route } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { Candidate } from "./candidate-list.ts";
import type { Compiled, Condition, HeaderView, MatchContext } from "./contract.ts";
import { compilePathRule, meetsPathRule, type PathRule } from "./path-rule.ts";
import { fieldPath, ProblemList } from "./problem-list.ts";
import { compileRouteConditions } from "./route-conditions.ts";

/** A route, ready to be matched. `payload` is what the user of the table has compiled from its action. */
export class CompiledRoute<T> implements Candidate {
  /** Position in its list: the lower one wins. */
  readonly index: number;
  readonly config: Route;
  /** Where it stands, from the RouteConfiguration's root. */
  readonly path: string;
  readonly payload: T;
  readonly pathRule: PathRule;
  readonly conditions: readonly Condition[];

  constructor(index: number, { config, path, payload, pathRule, conditions }: RouteParts<T>) {
    this.index = index;
    this.config = config;
    this.path = path;
    this.pathRule = pathRule;
    this.conditions = conditions;
    this.payload = payload;
  }

  accepts(path: string | undefined, headers: HeaderView, random: number, context: MatchContext): boolean {
    const { pathRule, conditions } = this;
    if (pathRule.kind === "regex" && !meetsPathRule(pathRule, path, headers)) return false;
    for (let i = 0; i < conditions.length; i++)
      if (conditions[i]?.matches(headers, random, context) === false) return false;
    return true;
  }
}

/** A compiled route that has no place in a list yet. */
export interface RouteParts<T> {
  readonly config: Route;
  readonly path: string;
  readonly payload: T;
  readonly pathRule: PathRule;
  readonly conditions: readonly Condition[];
}

/** `path` is where the route stands; `payload` compiles what it does. */
export function compileRoute<T>(
  config: Route,
  path: string,
  payload: (route: Route, path: string) => Compiled<T>,
): Compiled<RouteParts<T>> {
  const problems = new ProblemList();
  if (config.routeSpecifiers.length > 0)
    problems.unimplemented(fieldPath(path, "route_specifiers"), "route specifiers");
  const made = problems.take(payload(config, path));
  const { match } = config;
  const at = fieldPath(path, "match");
  if (match === undefined) problems.error(at, "a match is required");
  const pathRule = match && problems.take(compilePathRule(match, at));
  const conditions = match && problems.take(compileRouteConditions(match, at));
  if (made === undefined || pathRule === undefined || conditions === undefined)
    return { ok: false, problems: problems.problems };
  return problems.result(() => ({ config, path, payload: made, pathRule, conditions }));
}
