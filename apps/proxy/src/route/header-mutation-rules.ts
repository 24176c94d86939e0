import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import { compileRegex } from "@sluice/matching";
import type { HeaderMutationRules } from "@sluice/xds/gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.js";
import { EnvoyHeaderNames } from "../http/envoy-headers.ts";

/** "refused": and that is an error. */
export type MutationVerdict = "allowed" | "ignored" | "refused";

/** `name`: lower case; `value`: a binary string, of no matter where the header is removed. */
export type MutationCheck = (
  kind: "set" | "append" | "remove",
  name: string,
  value: string,
) => MutationVerdict;

const ROUTING = new Set(["host", ":authority", ":method", ":scheme"]);

/** `envoy.config.common.mutation_rules.v3.HeaderMutationRules`: what a service may do to headers. */
export function compileMutationRules(rules: HeaderMutationRules, path: string): Compiled<MutationCheck> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const { allowExpression, disallowExpression } = rules;
  const allow = allowExpression && take(compileRegex(allowExpression, `${path}.allow_expression`));
  const disallow =
    disallowExpression && take(compileRegex(disallowExpression, `${path}.disallow_expression`));
  if (problems.length > 0) return { ok: false, problems };
  const mayChange = (kind: "set" | "append" | "remove", name: string): boolean => {
    if (kind === "remove" && (name.startsWith(":") || name === "host")) return false;
    if (disallow?.matchesAll(name) === true) return false;
    if (allow?.matchesAll(name) === true) return true;
    if (rules.disallowAll === true) return false;
    if (rules.allowAllRouting !== true && ROUTING.has(name)) return false;
    if (name.startsWith(":") && (kind === "append" || rules.disallowSystem === true)) return false;
    return rules.allowEnvoy === true || !name.startsWith(EnvoyHeaderNames.prefix.slice(0, -1));
  };
  const otherwise: MutationVerdict = rules.disallowIsError === true ? "refused" : "ignored";
  return {
    ok: true,
    value: (kind, name, value) =>
      mayChange(kind, name) && (kind === "remove" || isFitting(name, value)) ? "allowed" : otherwise,
  };
}

function isFitting(name: string, value: string): boolean {
  if (!name.startsWith(":") && !isHeaderValue(value)) return false;
  if (name === ":authority" || name === "host") return /^[\w\-.~%!$&'()*+,;=:@[\]]*$/.test(value);
  if (name === ":scheme") return /^https?$/i.test(value);
  return name !== ":status" || (/^\d+$/.test(value) && Number(value) >= 200);
}

/** RFC 9110 §5.6.2, in lower case; pseudo-headers have a colon ahead. */
export function isHeaderName(name: string): boolean {
  return /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

/** No control characters but tabs. */
export function isHeaderValue(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
}
