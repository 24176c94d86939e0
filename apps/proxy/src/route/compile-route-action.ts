import { create } from "@bufbuild/protobuf";
import type { Compiled, Problem } from "@sluice/extension-api";
import { RouteActionSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { compileDirectResponse } from "./compile-direct-response.ts";
import { compileForward, type RouteSurroundings } from "./compile-forward.ts";
import { compileRedirect } from "./compile-redirect.ts";
import type { RouteAction } from "./route-entry.ts";

const DIRECT_BODY_BYTES_MAX = 4096;

/** What a route does, apart from which cluster it picks. `bodyBytesMax`: of a direct response. `onClose`: see `RouteCompileContext`. */
export function compileRouteAction(
  surroundings: RouteSurroundings,
  bodyBytesMax: number | undefined,
  path: string,
  onClose: (release: () => void) => void,
): Compiled<RouteAction> {
  const { route } = surroundings;
  const { action } = route;
  switch (action.case) {
    case "route":
      return compileForward(surroundings, action.value, `${path}.route`);
    case "redirect":
      return compileRedirect(route, action.value, `${path}.redirect`);
    case "directResponse":
      return compileDirectResponse(
        action.value,
        `${path}.direct_response`,
        bodyBytesMax ?? DIRECT_BODY_BYTES_MAX,
        onClose,
      );
    // As in Envoy, which has not built what a filter_action would do, and forwards to nowhere.
    case "filterAction":
    case "nonForwardingAction":
      // Nothing is forwarded on a route that is meant for filters: as a route to no cluster.
      return compileForward(surroundings, create(RouteActionSchema), path);
    default:
      return refuse(path, "one of route, redirect, direct_response and non_forwarding_action is required");
  }
}

function refuse(
  path: string,
  message: string,
): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [{ path, message, severity: "error" }] };
}
