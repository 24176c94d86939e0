import type { ScopedRouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/scoped_route_pb.js";
import type {
  ScopedRds,
  ScopedRoutes as ScopedRoutesConfig,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import {
  type RouteSource,
  type ScopedRoutes,
  scopeKey,
} from "../../../../http-connection-manager/scoped-routes.ts";
import { sourceKey } from "../../../../xds/config-source.ts";
import { compileLeased, type RouteUse, subscribeRoutes } from "./subscribe-routes.ts";

interface Scope {
  readonly config: ScopedRouteConfiguration;
  readonly routes: RouteSource;
  stop(): void;
}

/** `scoped_rds`: keeps `into` at what SRDS has. Scopes that stay keep their tables. */
export function discoverScopes(
  { rdsConfigSource }: ScopedRoutesConfig,
  { scopedRdsConfigSource }: ScopedRds,
  into: ScopedRoutes,
  use: RouteUse,
): void {
  const { context } = use;
  const { worker } = context;
  const source = sourceKey(scopedRdsConfigSource);
  let scopes = new Map<string, Scope>();
  const open = (config: ScopedRouteConfiguration): Scope => {
    const { name, routeConfigurationName: routes, onDemand, routeConfiguration } = config;
    if (routeConfiguration !== undefined) {
      const compiled = compileLeased(routeConfiguration, use);
      if (compiled.ok)
        return { config, routes: { current: compiled.value.table }, stop: compiled.value.release };
      for (const { path, message } of compiled.problems)
        worker.log.warn(`scope ${name}: ${path}: ${message}`);
      return { config, routes: { current: undefined }, stop: () => {} };
    }
    const subscribed = subscribeRoutes(routes, rdsConfigSource, use, (_headers, done) =>
      onDemand ? worker.onDemand.request({ kind: "scope", source, scope: name }, done) : undefined,
    );
    return { config, routes: subscribed.routes, stop: subscribed.stop };
  };
  const stop = worker.scopes.subscribe(source, (list) => {
    const next = new Map<string, Scope>();
    const byKey = new Map<string, RouteSource>();
    for (const config of list?.scopedRouteConfigurations ?? []) {
      const before = scopes.get(config.name);
      const stays =
        before !== undefined &&
        config.routeConfiguration === undefined &&
        before.config.routeConfigurationName === config.routeConfigurationName &&
        before.config.onDemand === config.onDemand;
      const scope = stays ? before : open(config);
      next.set(config.name, scope);
      byKey.set(scopeKey((config.key?.fragments ?? []).map(({ type }) => type.value ?? "")), scope.routes);
    }
    for (const [name, scope] of scopes) if (next.get(name) !== scope) scope.stop();
    scopes = next;
    into.replace(byKey);
  });
  context.onClose(() => {
    stop();
    for (const scope of scopes.values()) scope.stop();
  });
}
