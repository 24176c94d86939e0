import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.basic_auth.…` */
export interface BasicAuthStats {
  readonly allowed: Counter;
  readonly denied: Counter;
}

export function createBasicAuthStats(scope: StatsScope): BasicAuthStats {
  const own = scope.scope("basic_auth");
  return { allowed: own.counter("allowed"), denied: own.counter("denied") };
}
