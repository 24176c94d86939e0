import type { HttpFilterConfig } from "../http-filter/filter-chain-config.ts";
import type { RouteAction } from "../route/route-entry.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";

/** The filters of a request that asks for an upgrade, or is a CONNECT with a route; `undefined`: it is not allowed here. */
export function chooseChain(
  config: ConnectionManagerConfig,
  upgradeType: string,
  action: RouteAction | undefined,
): readonly HttpFilterConfig[] | undefined {
  const byRoute = action?.kind === "forward" ? action.forward.upgrades.get(upgradeType) : undefined;
  const own = config.upgrades.get(upgradeType);
  return (byRoute ?? own?.enabled ?? false) ? (own?.filters ?? config.filters) : undefined;
}
