import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.rbac.…`: the rules' below `rules_stat_prefix`, the shadow rules' below `shadow_rules_stat_prefix`. */
export interface RbacStats {
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly shadowAllowed: Counter;
  readonly shadowDenied: Counter;
  /** Below `policy.`, by the policies' names, which configuration alone makes. */
  policy(name: string, allowed: boolean): Counter;
  shadowPolicy(name: string, allowed: boolean): Counter;
}

export function createRbacStats(scope: StatsScope, rulesPrefix: string, shadowPrefix: string): RbacStats {
  const rbac = scope.scope("rbac");
  const below = (prefix: string): StatsScope =>
    prefix === "" ? rbac : rbac.scope(prefix.endsWith(".") ? prefix.slice(0, -1) : prefix);
  const rules = below(rulesPrefix);
  const shadow = below(shadowPrefix);
  return {
    allowed: rules.counter("allowed"),
    denied: rules.counter("denied"),
    shadowAllowed: shadow.counter("shadow_allowed"),
    shadowDenied: shadow.counter("shadow_denied"),
    policy: perPolicy(rules, "allowed", "denied"),
    shadowPolicy: perPolicy(shadow, "shadow_allowed", "shadow_denied"),
  };
}

function perPolicy(scope: StatsScope, ifAllowed: string, ifDenied: string): RbacStats["policy"] {
  const allowedOnes = new Map<string, Counter>();
  const deniedOnes = new Map<string, Counter>();
  return (name, allowed) => {
    const counters = allowed ? allowedOnes : deniedOnes;
    let counter = counters.get(name);
    if (counter === undefined) {
      counter = scope
        .scope("policy")
        .scope(name)
        .counter(allowed ? ifAllowed : ifDenied);
      counters.set(name, counter);
    }
    return counter;
  };
}
