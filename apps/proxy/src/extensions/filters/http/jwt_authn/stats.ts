import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.jwt_authn.[<the filter's stat_prefix>.]…` */
export interface JwtStats {
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly corsPreflightBypassed: Counter;
  readonly jwksFetchSuccess: Counter;
  readonly jwksFetchFailed: Counter;
  readonly jwtCacheHit: Counter;
  readonly jwtCacheMiss: Counter;
}

export function createJwtStats(scope: StatsScope, statPrefix: string): JwtStats {
  const all = scope.scope("jwt_authn");
  const own = statPrefix === "" ? all : all.scope(statPrefix);
  return {
    allowed: own.counter("allowed"),
    denied: own.counter("denied"),
    corsPreflightBypassed: own.counter("cors_preflight_bypassed"),
    jwksFetchSuccess: own.counter("jwks_fetch_success"),
    jwksFetchFailed: own.counter("jwks_fetch_failed"),
    jwtCacheHit: own.counter("jwt_cache_hit"),
    jwtCacheMiss: own.counter("jwt_cache_miss"),
  };
}
