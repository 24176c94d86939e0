import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.set_metadata.overwrite_denied`: what was there stayed. */
export function createSetMetadataStats(scope: StatsScope): { readonly overwriteDenied: Counter } {
  return { overwriteDenied: scope.scope("set_metadata").counter("overwrite_denied") };
}
