import type { HttpFilterConfig, PerFilterConfigs } from "./filter-chain-config.ts";

/** Whether a route with these levels (least specific first) has a filter: the most specific level that says something decides. */
export function filterIsOn(
  filter: HttpFilterConfig,
  levels: readonly PerFilterConfigs[] | undefined,
): boolean {
  for (let i = (levels?.length ?? 0) - 1; i >= 0; i--) {
    const found = levels?.[i]?.get(filter.name);
    if (found === undefined) continue;
    if (found.disabled !== undefined) return !found.disabled;
    return true;
  }
  return !filter.disabled;
}
