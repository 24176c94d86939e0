import type { Compiled, Problem } from "@sluice/extension-api";
import {
  compileExtension,
  compileMatcher,
  INSUFFICIENT_DATA,
  known,
  type MatcherConfig,
  type PredicateParts,
} from "@sluice/matching";
import {
  type Action,
  ActionSchema,
  type RBAC,
  RBAC_Action,
} from "@sluice/xds/gen/envoy/config/rbac/v3/rbac_pb.js";
import { compilePermission } from "./compile-permission.ts";
import { compilePrincipal } from "./compile-principal.ts";
import { allOf, always, anyOf, expressionTest } from "./compile-tests.ts";
import type { RbacInput, RbacTest } from "./rbac-input.ts";

export interface RbacDecision {
  readonly allowed: boolean;
  /** The policy that decided; "" when none matched. */
  readonly policy: string;
  /** For the action LOG: whether the access log ought to have it. */
  readonly log: boolean | undefined;
}

/** Role-based access control for connections and requests, in either of its forms. */
export interface RbacEngine {
  decide(input: RbacInput): RbacDecision;
}

/** The form with policies: the first that matches, by name, decides. */
export function compileRbacRules(config: RBAC, path: string): Compiled<RbacEngine> {
  const problems: Problem[] = [];
  const refuse = (at: string, message: string): void =>
    void problems.push({ path: at, message, severity: "error" });
  const policies: { readonly name: string; readonly test: RbacTest }[] = [];
  for (const name of Object.keys(config.policies).sort()) {
    const policy = config.policies[name];
    if (policy === undefined) continue;
    const at = `${path}.policies[${JSON.stringify(name)}]`;
    if (policy.checkedCondition !== undefined)
      refuse(
        `${at}.checked_condition`,
        "checked_condition is not implemented, in Envoy neither: it has no effect there",
      );
    const test = allOf([
      anyOf(policy.permissions.map((one, i) => compilePermission(one, `${at}.permissions[${i}]`))),
      anyOf(policy.principals.map((one, i) => compilePrincipal(one, `${at}.principals[${i}]`))),
      policy.condition === undefined
        ? always
        : expressionTest(policy.condition, policy.celConfig, `${at}.condition`),
    ]);
    if (test.ok) policies.push({ name, test: test.value });
    else problems.push(...test.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  const { action } = config;
  return {
    ok: true,
    value: {
      decide: (input) => {
        const found = policies.find(({ test }) => test(input));
        const policy = found?.name ?? "";
        if (action === RBAC_Action.LOG) return { allowed: true, policy, log: found !== undefined };
        return { allowed: (found !== undefined) === (action === RBAC_Action.ALLOW), policy, log: undefined };
      },
    },
  };
}

/** The form with a matcher tree; what matches nothing is denied. `parts`: those of connections, or of requests. */
export function compileRbacMatcher(
  config: MatcherConfig,
  path: string,
  parts: PredicateParts,
): Compiled<RbacEngine> {
  let logs = false;
  const tree = compileMatcher<RbacDecision>(config, path, {
    ...parts,
    action: (action, at) => {
      const compiled = compileExtension(action, ACTIONS, "action", at);
      if (compiled.ok && compiled.value.log === true) logs = true;
      return compiled;
    },
    keepMatching: false,
  });
  if (!tree.ok) return tree;
  return {
    ok: true,
    value: {
      decide: (input) => {
        const answer = tree.value.match(input);
        if (answer === undefined || answer === INSUFFICIENT_DATA) return DENIED;
        // Where one action logs, the others say that theirs are not for the log.
        return logs ? { ...answer, log: answer.log === true } : answer;
      },
    },
  };
}

const DENIED: RbacDecision = { allowed: false, policy: "", log: undefined };

const ACTIONS = new Map([
  known<Action, RbacDecision>(ActionSchema, ({ name, action }) => ({
    ok: true,
    value: {
      allowed: action !== RBAC_Action.DENY,
      policy: name,
      log: action === RBAC_Action.LOG ? true : undefined,
    },
  })),
]);
