import type { Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type {
  ConfigSource,
  ExtensionConfigSource,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type {
  FilterChain,
  Filter as NetworkFilter,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { ScopedRouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/scoped_route_pb.js";
import type {
  HttpConnectionManager,
  ScopedRoutes,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { ADS_SOURCE, checkSourceAt } from "../xds/config-source.ts";
import type { ExtensionKind } from "../xds/extension-reference.ts";
import { ExtensionReferences } from "../xds/extension-references.ts";
import type { RouteReference } from "../xds/route-discovery.ts";
import type { ScopeReference } from "../xds/scope-user.ts";

const HTTP_CONNECTION_MANAGER =
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** What a listener, or a filter that is discovered by itself, takes from elsewhere. */
export class ListenerReferences {
  readonly routes: RouteReference[] = [];
  readonly scopes: ScopeReference[] = [];
  readonly extensions = new ExtensionReferences();
  /** Whether there is an HTTP connection manager. */
  managesHttp = false;
  /** Route configurations that stand in the connection managers themselves. */
  readonly inline: RouteConfiguration[] = [];
  /** Scopes that stand there themselves, by the name of their `scoped_routes`. */
  readonly inlineScopes: { readonly name: string; readonly scopes: readonly ScopedRouteConfiguration[] }[] =
    [];
  readonly #problems: Problem[] = [];

  get problems(): readonly Problem[] {
    return [...this.#problems, ...this.extensions.problems];
  }

  addChain(chain: FilterChain, path: string): void {
    for (const [index, filter] of chain.filters.entries())
      this.#addFilter(filter, `${path}.filters[${index}]`, index === chain.filters.length - 1);
  }

  /** A network or HTTP filter's configuration. */
  addConfig(any: Any, path: string): void {
    this.extensions.addHttpConfig(any, path);
    const unpacked = unpackAny(any);
    if (!unpacked.ok || unpacked.typeName !== HTTP_CONNECTION_MANAGER) return;
    this.managesHttp = true;
    const manager = asConnectionManager(unpacked.message);
    this.extensions.addHttpFilters(manager.httpFilters, "http", `${path}.http_filters`);
    for (const [index, upgrade] of manager.upgradeConfigs.entries())
      this.extensions.addHttpFilters(upgrade.filters, "http", `${path}.upgrade_configs[${index}].filters`);
    const routes = manager.routeSpecifier;
    if (routes.case === "scopedRoutes")
      this.#addScopes(routes.value, manager.statPrefix, `${path}.scoped_routes`);
    if (routes.case === "routeConfig") this.inline.push(routes.value);
    if (routes.case !== "rds") return;
    this.#checkSource(routes.value.configSource, `${path}.rds.config_source`);
    this.routes.push(
      referenceTo(routes.value.routeConfigName, routes.value.configSource, manager.statPrefix),
    );
  }

  addDiscovery(
    kind: ExtensionKind,
    name: string,
    config: ExtensionConfigSource,
    isLast: boolean,
    path: string,
  ): void {
    this.extensions.add(kind, name, config, isLast, path);
    if (kind === "network" && config.defaultConfig !== undefined)
      this.addConfig(config.defaultConfig, `${path}.config_discovery.default_config`);
  }

  #addFilter({ name, configType }: NetworkFilter, path: string, isLast: boolean): void {
    if (configType.case === "typedConfig") this.addConfig(configType.value, `${path}.typed_config`);
    if (configType.case === "configDiscovery")
      this.addDiscovery("network", name, configType.value, isLast, path);
  }

  /** Scopes have their routes inline, or name what RDS has; the scopes themselves may come from SRDS. */
  #addScopes(scoped: ScopedRoutes, statPrefix: string, path: string): void {
    const { configSpecifier, rdsConfigSource: source } = scoped;
    if (configSpecifier.case === "scopedRds") {
      const { scopedRdsConfigSource } = configSpecifier.value;
      this.#checkSource(scopedRdsConfigSource, `${path}.scoped_rds.scoped_rds_config_source`);
      if (source !== undefined) this.#checkSource(source, `${path}.rds_config_source`);
      this.scopes.push({
        name: scoped.name,
        source: scopedRdsConfigSource ?? ADS_SOURCE,
        routeSource: source ?? ADS_SOURCE,
        statPrefix,
      });
      return;
    }
    const scopes = configSpecifier.value?.scopedRouteConfigurations ?? [];
    this.inlineScopes.push({ name: scoped.name, scopes });
    for (const scope of scopes) {
      if (scope.routeConfiguration !== undefined) {
        this.inline.push(scope.routeConfiguration);
        continue;
      }
      this.#checkSource(source, `${path}.rds_config_source`);
      this.routes.push(referenceTo(scope.routeConfigurationName, source, statPrefix));
    }
  }

  #checkSource(source: ConfigSource | undefined, path: string): void {
    this.#problems.push(...checkSourceAt(source, path));
  }
}

export function listenerReferences(listener: Listener): ListenerReferences {
  const found = new ListenerReferences();
  for (const [index, { name, configType }] of listener.listenerFilters.entries()) {
    if (configType.case === "configDiscovery")
      found.addDiscovery("listener", name, configType.value, false, `listener_filters[${index}]`);
  }
  for (const [index, chain] of listener.filterChains.entries())
    found.addChain(chain, `filter_chains[${index}]`);
  if (listener.defaultFilterChain !== undefined)
    found.addChain(listener.defaultFilterChain, "default_filter_chain");
  return found;
}

function referenceTo(name: string, source: ConfigSource | undefined, statPrefix: string): RouteReference {
  return {
    routeConfigName: name,
    source: source ?? ADS_SOURCE,
    statPrefix,
    initialFetchTimeoutMs: durationMs(source?.initialFetchTimeout, 15_000),
  };
}

/** The caller has checked the type's name. */
function asConnectionManager(message: Message): HttpConnectionManager {
  return message as HttpConnectionManager;
}
