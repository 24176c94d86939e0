import { type Compiled, gatherProblems, type HeaderMap, type Problem } from "@sluice/extension-api";
import {
  type Condition,
  compileHeaderMatcher,
  compilePathRule,
  compileQueryParameterMatcher,
  meetsPathRule,
  type PathRule,
  routingPath,
} from "@sluice/matching";
import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";

/** `RequirementRule.match`: the part of a RouteMatch that Envoy's filter looks at: path, headers and query parameters. */
export class RuleMatch {
  readonly #path: PathRule;
  readonly #conditions: readonly Condition[];

  constructor(path: PathRule, conditions: readonly Condition[]) {
    this.#path = path;
    this.#conditions = conditions;
  }

  matches(headers: HeaderMap): boolean {
    const path = headers.get(":path");
    return (
      meetsPathRule(this.#path, path === undefined ? undefined : routingPath(path, false), headers) &&
      this.#conditions.every((condition) => condition.matches(headers, 0, NO_CONTEXT))
    );
  }
}

export function compileRuleMatch(match: RouteMatch | undefined, path: string): Compiled<RuleMatch> {
  if (match === undefined)
    return { ok: false, problems: [{ path, message: "a match is required", severity: "error" }] };
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const rule = take(compilePathRule(match, path));
  const conditions = [
    ...match.headers.map((header, i) => take(compileHeaderMatcher(header, `${path}.headers[${i}]`))),
    ...match.queryParameters.map((parameter, i) =>
      take(compileQueryParameterMatcher(parameter, `${path}.query_parameters[${i}]`)),
    ),
  ].filter((condition) => condition !== undefined);
  return rule === undefined || problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: new RuleMatch(rule, conditions) };
}

const NO_CONTEXT = Object.freeze({});
