import type { Compiled, Problem } from "@sluice/extension-api";
import { HTTP_INPUTS, type PredicateParts } from "@sluice/matching";
import type { RBAC } from "@sluice/xds/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { CEL_PARTS } from "../../../../cel/cel-matching.ts";
import { compileRbacMatcher, compileRbacRules, type RbacEngine } from "../../../../rbac/rbac-engine.ts";

/** The filter's rules, or those of a route. */
export interface HttpRbacRules {
  /** `undefined`: everybody may do everything. */
  readonly engine: RbacEngine | undefined;
  readonly shadow: RbacEngine | undefined;
  /** Before the keys of dynamic metadata; "": the filter's. */
  readonly rulesPrefix: string;
  readonly shadowPrefix: string;
  readonly countsPolicies: boolean;
}

const NETWORK = "envoy.extensions.matching.common_inputs.network.v3";
const SSL = "envoy.extensions.matching.common_inputs.ssl.v3";
/** What a request's response says is not known yet when it is decided. */
const ALLOWED_INPUTS: ReadonlySet<string> = new Set([
  `${NETWORK}.DestinationIPInput`,
  `${NETWORK}.DestinationPortInput`,
  `${NETWORK}.SourceIPInput`,
  `${NETWORK}.SourcePortInput`,
  `${NETWORK}.DirectSourceIPInput`,
  `${NETWORK}.ServerNameInput`,
  `${NETWORK}.DynamicMetadataInput`,
  `${SSL}.UriSanInput`,
  `${SSL}.DnsSanInput`,
  `${SSL}.SubjectInput`,
  "envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
]);
const PARTS: PredicateParts = {
  inputs: new Map([
    ...HTTP_INPUTS.entries().filter(([type]) => ALLOWED_INPUTS.has(type)),
    ...CEL_PARTS.inputs,
  ]),
  matchers: CEL_PARTS.matchers,
};

/** `path`: where the message stands, "" at the top. */
export function compileHttpRbac(config: RBAC, path: string): Compiled<HttpRbacRules> {
  const problems: Problem[] = [];
  const take = (compiled: Compiled<RbacEngine>): RbacEngine | undefined => {
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  };
  const at = path === "" ? "" : `${path}.`;
  const engineOf = (rules: RBAC["rules"], matcher: RBAC["matcher"], prefix: string) => {
    if (matcher !== undefined) return take(compileRbacMatcher(matcher, `${at}${prefix}matcher`, PARTS));
    return rules === undefined ? undefined : take(compileRbacRules(rules, `${at}${prefix}rules`));
  };
  const value = Object.freeze({
    engine: engineOf(config.rules, config.matcher, ""),
    shadow: engineOf(config.shadowRules, config.shadowMatcher, "shadow_"),
    rulesPrefix: config.rulesStatPrefix,
    shadowPrefix: config.shadowRulesStatPrefix,
    countsPolicies: config.trackPerRuleStats,
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

/** Of a route that says nothing. */
export const NO_RULES: HttpRbacRules = Object.freeze({
  engine: undefined,
  shadow: undefined,
  rulesPrefix: "",
  shadowPrefix: "",
  countsPolicies: false,
});
