import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { routeStatPrefix } from "@sluice/telemetry";
import type { VirtualHost } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { addChallengeRoutes } from "./challenge-routes.ts";

/** The route configuration with a `stat_prefix` on each route that has none, so that each is counted. */
export function injectRoutes(value: Uint8Array, answersChallenges: boolean): Uint8Array {
  const routes = fromBinary(RouteConfigurationSchema, value);
  const counted = injectVirtualHosts(routes.virtualHosts);
  if (answersChallenges) addChallengeRoutes(routes, []);
  return counted || answersChallenges ? toBinary(RouteConfigurationSchema, routes) : value;
}

/** In place; true when something was added. */
export function injectVirtualHosts(hosts: readonly VirtualHost[]): boolean {
  let changed = false;
  for (const host of hosts) {
    host.routes.forEach((route, index) => {
      if (route.statPrefix !== "") return;
      route.statPrefix = routeStatPrefix(route.name, index);
      changed = true;
    });
  }
  return changed;
}
