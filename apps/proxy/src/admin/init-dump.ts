import { listenerReferences } from "../listener/listener-references.ts";
import type { Server } from "../server/server.ts";

/** envoy.admin.v3.UnreadyTargetsDumps: which listeners still wait for their routes, as far as `mask` asks for them. */
export function initDump(server: Server, mask: string | null): unknown {
  if (mask !== null && mask !== "" && !mask.split(",").includes("listener")) return {};
  const known = new Set(server.routes.list().map(({ config }) => config.name));
  const dumps = server.listeners.list().flatMap(({ warming }) => {
    if (warming === undefined) return [];
    const missing = listenerReferences(warming.message)
      .routes.map(({ routeConfigName }) => routeConfigName)
      .filter((name) => !known.has(name));
    return [
      {
        name: `init manager Listener-local-init-manager ${warming.spec.name}`,
        target_names: missing.map((name) => `target RdsRouteConfigSubscription RDS init ${name}`),
      },
    ];
  });
  return dumps.length === 0 ? {} : { unready_targets_dumps: dumps };
}
