import { type Compiled, type Problem, refuse, type StatsScope } from "@sluice/extension-api";
import { headerKey } from "@sluice/matching";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type {
  HttpConnectionManager as Config,
  ScopedRoutes_ScopeKeyBuilder_FragmentBuilder as FragmentBuilder,
  ScopedRoutes as ScopedRoutesConfig,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import {
  type RouteSource,
  ScopedRoutes,
  type ScopeKeyFragment,
  scopeKey,
} from "../../../../http-connection-manager/scoped-routes.ts";
import type { NetworkFactoryContext } from "../../../../network-filter/network-factory-context.ts";
import { compileRouteConfiguration } from "../../../../route/compile-route-configuration.ts";
import { discoverScopes } from "./discover-scopes.ts";
import { type RouteUse, subscribeRoutes } from "./subscribe-routes.ts";

type InlineRoutes = Parameters<typeof compileRouteConfiguration>[0];

/** Where a connection manager's routes come from. */
export interface CompiledRoutes {
  readonly routes: RouteSource;
  /** Takes the place of `routes` where it is set. */
  readonly scopes: ScopedRoutes | undefined;
}

/** `route_config`, `rds` or `scoped_routes`. */
export function compileRoutes(
  { routeSpecifier }: Config,
  context: NetworkFactoryContext,
  stats: StatsScope,
  filterNames: ReadonlySet<string>,
): Compiled<CompiledRoutes> {
  const use: RouteUse = { context, stats, filterNames };
  switch (routeSpecifier.case) {
    case "routeConfig": {
      const routes = inlineRoutes(routeSpecifier.value, "route_config", use);
      return routes.ok ? { ok: true, value: { routes: routes.value, scopes: undefined } } : routes;
    }
    case "rds": {
      const routes = discoveredRoutes(
        routeSpecifier.value.routeConfigName,
        routeSpecifier.value.configSource,
        use,
      );
      return { ok: true, value: { routes, scopes: undefined } };
    }
    case "scopedRoutes": {
      const scopes = compileScopes(routeSpecifier.value, "scoped_routes", use);
      return scopes.ok
        ? { ok: true, value: { routes: { current: undefined }, scopes: scopes.value } }
        : scopes;
    }
    default: {
      const message = "one of rds, route_config and scoped_routes is required";
      return refuse("", message);
    }
  }
}

function inlineRoutes(config: InlineRoutes, path: string, use: RouteUse): Compiled<RouteSource> {
  const { worker } = use.context;
  const validateClusters = config.validateClusters ?? true;
  const at = (inner: string): string => (inner === "" ? path : `${path}.${inner}`);
  if (config.vhds !== undefined) {
    const message =
      "virtual hosts are discovered only for route configurations that are discovered themselves";
    return refuse(at("vhds"), message);
  }
  const table = compileRouteConfiguration(config, {
    worker,
    stats: use.stats,
    filterNames: use.filterNames,
    validateClusters,
    onClose: use.context.onClose,
  });
  if (table.ok) return { ok: true, value: { current: table.value } };
  return { ok: false, problems: table.problems.map((problem) => ({ ...problem, path: at(problem.path) })) };
}

function discoveredRoutes(name: string, source: ConfigSource | undefined, use: RouteUse): RouteSource {
  const { routes, stop } = subscribeRoutes(name, source, use);
  use.context.onClose(stop);
  return routes;
}

function compileScopes(config: ScopedRoutesConfig, path: string, use: RouteUse): Compiled<ScopedRoutes> {
  const problems: Problem[] = [];
  const error = (at: string, message: string): void => {
    problems.push({ path: `${path}.${at}`, message, severity: "error" });
  };
  const fragments = (config.scopeKeyBuilder?.fragments ?? []).flatMap((fragment, i) => {
    const compiled = compileFragment(fragment);
    if (typeof compiled !== "string") return [compiled];
    error(`scope_key_builder.fragments[${i}]`, compiled);
    return [];
  });
  const scopes = new Map<string, RouteSource>();
  const { configSpecifier } = config;
  if (configSpecifier.case === "scopedRds") {
    if (problems.length > 0) return { ok: false, problems };
    const routes = new ScopedRoutes(fragments, scopes);
    discoverScopes(config, configSpecifier.value, routes, use);
    return { ok: true, value: routes };
  }
  if (configSpecifier.case === undefined) {
    error("config_specifier", "one of scoped_route_configurations_list and scoped_rds is required");
    return { ok: false, problems };
  }
  const names = new Set<string>();
  for (const [i, scope] of configSpecifier.value.scopedRouteConfigurations.entries()) {
    const at = `scoped_route_configurations_list.scoped_route_configurations[${i}]`;
    const key = scopeKey((scope.key?.fragments ?? []).map(({ type }) => type.value ?? ""));
    if (names.has(scope.name)) error(at, `scope '${scope.name}' stands there twice`);
    if (scopes.has(key)) error(at, `scope '${scope.name}' has the key of another one`);
    names.add(scope.name);
    if (scope.routeConfiguration === undefined) {
      scopes.set(key, discoveredRoutes(scope.routeConfigurationName, config.rdsConfigSource, use));
      continue;
    }
    const routes = inlineRoutes(scope.routeConfiguration, `${path}.${at}.route_configuration`, use);
    if (routes.ok) scopes.set(key, routes.value);
    else problems.push(...routes.problems);
  }
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: new ScopedRoutes(fragments, scopes) };
}

function compileFragment({ type }: FragmentBuilder): ScopeKeyFragment | string {
  if (type.case !== "headerValueExtractor") return "a header_value_extractor is required";
  const { name, elementSeparator, extractType } = type.value;
  const header = headerKey(name);
  if (extractType.case === "element") {
    const { separator, key } = extractType.value;
    return { header, elementSeparator, pick: { kind: "element", separator, key } };
  }
  const index = extractType.case === "index" ? extractType.value : 0;
  if (elementSeparator === "" && index > 0) {
    return `Index > 0 for empty string element separator.`;
  }
  return { header, elementSeparator, pick: { kind: "index", index } };
}
