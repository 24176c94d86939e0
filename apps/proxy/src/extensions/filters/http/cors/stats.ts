import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.cors.…`: requests with an origin that a policy allows, or does not. */
export interface CorsStats {
  readonly originValid: Counter;
  readonly originInvalid: Counter;
}

export function createCorsStats(scope: StatsScope): CorsStats {
  const cors = scope.scope("cors");
  return { originValid: cors.counter("origin_valid"), originInvalid: cors.counter("origin_invalid") };
}
