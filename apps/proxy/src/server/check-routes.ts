import { clone, create } from "@bufbuild/protobuf";
import type { Compiled, Problem } from "@sluice/extension-api";
import { packAny } from "@sluice/xds";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";

import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { RouterSchema } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { HttpConnectionManagerSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { ActiveListenerConfig } from "../filter-chain/active-listener-config.ts";

const PREFIX = "filter_chains[0].filters[0].typed_config.route_config";

/** Compiles a route configuration as a connection manager would that had it inline; problems have paths of its own. */
export function checkRoutes(
  config: RouteConfiguration,
  compile: (listener: Listener) => Compiled<ActiveListenerConfig>,
): readonly Problem[] {
  const routeConfig = clone(RouteConfigurationSchema, config);
  // As Envoy: what RDS brings may name clusters that are still to come.
  routeConfig.validateClusters ??= false;
  delete routeConfig.vhds;
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: "check",
    routeSpecifier: { case: "routeConfig", value: routeConfig },
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: { case: "typedConfig", value: packAny(RouterSchema, create(RouterSchema)) },
      },
    ],
  });
  const listener = create(ListenerSchema, {
    name: "check",
    filterChains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            configType: { case: "typedConfig", value: packAny(HttpConnectionManagerSchema, manager) },
          },
        ],
      },
    ],
  });
  const compiled = compile(listener);
  if (compiled.ok) {
    compiled.value.close();
    return [];
  }
  return compiled.problems.map((problem) => {
    if (!problem.path.startsWith(PREFIX)) return problem;
    return { ...problem, path: problem.path.slice(PREFIX.length).replace(/^\./, "") };
  });
}
