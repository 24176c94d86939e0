import type { Message } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import {
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { FilterChain } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type {
  HttpConnectionManager,
  ScopedRoutes,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";
import { refuseUnsupportedFields } from "../server/refuse-unsupported-fields.ts";
import { ADS_SOURCE, CONFIG_SOURCE_FIELDS, checkConfigSource } from "../xds/config-source.ts";

const HTTP_CONNECTION_MANAGER =
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A connection manager that takes its routes from RDS. */
export interface RouteReference {
  readonly routeConfigName: string;
  readonly source: ConfigSource;
  readonly statPrefix: string;
  /** 0: wait for ever. */
  readonly initialFetchTimeoutMs: number;
}

export interface ListenerRoutes {
  readonly references: readonly RouteReference[];
  /** Route configurations that stand in the listener itself. */
  readonly inline: readonly RouteConfiguration[];
  readonly problems: readonly Problem[];
}

/** The route configurations of all connection managers of a listener. */
export function listenerRoutes(listener: Listener): ListenerRoutes {
  const references: RouteReference[] = [];
  const inline: RouteConfiguration[] = [];
  const problems: Problem[] = [];
  const chains = listener.filterChains.map((chain, index): [FilterChain, string] => [
    chain,
    `filter_chains[${index}]`,
  ]);
  if (listener.defaultFilterChain !== undefined)
    chains.push([listener.defaultFilterChain, "default_filter_chain"]);
  for (const [chain, chainPath] of chains) {
    for (const [index, filter] of chain.filters.entries()) {
      const any = filter.configType.case === "typedConfig" ? filter.configType.value : undefined;
      const unpacked = any === undefined ? undefined : unpackAny(any);
      if (unpacked?.ok !== true || unpacked.typeName !== HTTP_CONNECTION_MANAGER) continue;
      const manager = asConnectionManager(unpacked.message);
      const routes = manager.routeSpecifier;
      if (routes.case === "scopedRoutes") {
        const at = `${chainPath}.filters[${index}].typed_config.scoped_routes`;
        addScopes(routes.value, manager.statPrefix, at, { references, inline, problems });
        continue;
      }
      if (routes.case === "routeConfig") inline.push(routes.value);
      if (routes.case !== "rds") continue;
      const path = `${chainPath}.filters[${index}].typed_config.rds.config_source`;
      problems.push(...checkRouteSource(routes.value.configSource, path));
      references.push(
        referenceTo(routes.value.routeConfigName, routes.value.configSource, manager.statPrefix),
      );
    }
  }
  return { references, inline, problems };
}

/** Scopes have their routes inline, or name what RDS has. */
function addScopes(
  scoped: ScopedRoutes,
  statPrefix: string,
  path: string,
  found: { references: RouteReference[]; inline: RouteConfiguration[]; problems: Problem[] },
): void {
  const { configSpecifier, rdsConfigSource: source } = scoped;
  if (configSpecifier.case !== "scopedRouteConfigurationsList") return;
  for (const scope of configSpecifier.value.scopedRouteConfigurations) {
    if (scope.routeConfiguration !== undefined) {
      found.inline.push(scope.routeConfiguration);
      continue;
    }
    found.problems.push(...checkRouteSource(source, `${path}.rds_config_source`));
    found.references.push(referenceTo(scope.routeConfigurationName, source, statPrefix));
  }
}

function referenceTo(name: string, source: ConfigSource | undefined, statPrefix: string): RouteReference {
  return {
    routeConfigName: name,
    source: source ?? ADS_SOURCE,
    statPrefix,
    initialFetchTimeoutMs: durationMs(source?.initialFetchTimeout, 15_000),
  };
}

function checkRouteSource(source: ConfigSource | undefined, path: string): readonly Problem[] {
  if (source === undefined) return [{ path, message: "is required", severity: "error" }];
  return [
    ...refuseUnsupportedFields(ConfigSourceSchema, source, CONFIG_SOURCE_FIELDS, path),
    ...checkConfigSource(source, path),
  ];
}

/** The caller has checked the type's name. */
function asConnectionManager(message: Message): HttpConnectionManager {
  return message as HttpConnectionManager;
}
