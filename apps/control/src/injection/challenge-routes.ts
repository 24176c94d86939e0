import { create, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  FilterConfigSchema,
  type Route,
  RouteSchema,
  VirtualHostSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { CHALLENGE_PATH } from "../acme/challenge-path.ts";
import { CONTROL_CLUSTER } from "./injection-settings.ts";

/**
 * Puts a route before all others of each virtual host that takes ACME authorities' questions to the control plane, which answers
 * for whatever order is under way; where no virtual host takes every host, one that has nothing else. In place.
 *
 * @param filters names of the HTTP filters before the router, where they are known: none of them keeps an authority out
 */
export function addChallengeRoutes(routes: RouteConfiguration, filters: readonly string[]): void {
  for (const host of routes.virtualHosts) host.routes.unshift(challengeRoute(filters));
  if (routes.virtualHosts.some(({ domains }) => domains.includes("*"))) return;
  routes.virtualHosts.push(
    create(VirtualHostSchema, { name: "sluice_acme", domains: ["*"], routes: [challengeRoute(filters)] }),
  );
}

function challengeRoute(filters: readonly string[]): Route {
  const disabled = create(AnySchema, {
    typeUrl: `type.googleapis.com/${FilterConfigSchema.typeName}`,
    value: toBinary(FilterConfigSchema, create(FilterConfigSchema, { disabled: true })),
  });
  return create(RouteSchema, {
    name: "sluice_acme_challenge",
    match: { pathSpecifier: { case: "prefix", value: CHALLENGE_PATH } },
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: CONTROL_CLUSTER },
        timeout: { seconds: 10n },
      },
    },
    typedPerFilterConfig: Object.fromEntries(filters.map((name) => [name, disabled])),
  });
}
