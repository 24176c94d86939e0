import { create } from "@bufbuild/protobuf";
import type { Compiled, Problem } from "@sluice/extension-api";
import { RoutingPriority } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type Route,
  type RouteAction as RouteActionConfig,
  RouteActionSchema,
  type VirtualHost,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";
import { compileDirectResponse } from "./compile-direct-response.ts";
import { compileRedirect } from "./compile-redirect.ts";
import { retryConfig, unknownRetryOn } from "./retry-policy.ts";
import { compileHostRewrite } from "./rewrite-host.ts";
import { compilePathFormat, compileRegexRewrite, type PathRewriter, prefixRewriter } from "./rewrite-path.ts";
import type { ForwardAction, RouteAction } from "./route-entry.ts";
import { compileUriTemplateRewrite } from "./uri-template-rewrite.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
const DIRECT_BODY_BYTES_MAX = 4096;
const NOT_FOUND_STATUS: readonly number[] = [503, 404, 500];

/** What a route does, apart from which cluster it picks. */
export function compileRouteAction(
  route: Route,
  host: VirtualHost,
  table: RouteConfiguration,
  path: string,
): Compiled<RouteAction> {
  const { action } = route;
  switch (action.case) {
    case "route":
      return compileForward(route, action.value, host, `${path}.route`);
    case "redirect":
      return compileRedirect(route, action.value, `${path}.redirect`);
    case "directResponse":
      return compileDirectResponse(
        action.value,
        `${path}.direct_response`,
        table.maxDirectResponseBodySizeBytes ?? DIRECT_BODY_BYTES_MAX,
      );
    case "nonForwardingAction":
      // Nothing is forwarded on a route that is meant for filters: as a route to no cluster.
      return compileForward(route, create(RouteActionSchema), host, path);
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

function compileForward(
  route: Route,
  config: RouteActionConfig,
  host: VirtualHost,
  path: string,
): Compiled<RouteAction> {
  const rewritePath = compilePathRewrite(route, config, path);
  if (!rewritePath.ok) return rewritePath;
  const rewriteHost = compileHostRewrite(config.hostRewriteSpecifier, path);
  if (!rewriteHost.ok) return rewriteHost;
  const policy = config.retryPolicy ?? host.retryPolicy;
  const [unknown] = unknownRetryOn(policy?.retryOn ?? "");
  if (unknown !== undefined) {
    return refuse(`${path}.retry_policy.retry_on`, `retry condition '${unknown}' is not implemented`);
  }
  const auto = config.hostRewriteSpecifier;
  const forward: ForwardAction = {
    timeoutMs: durationMs(config.timeout, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: durationMs(config.idleTimeout, undefined),
    retry: policy === undefined ? undefined : retryConfig(policy),
    rewritePath: rewritePath.value,
    rewriteHost: rewriteHost.value,
    autoHostRewrite: auto.case === "autoHostRewrite" && (auto.value.value ?? false),
    appendXForwardedHost: config.appendXForwardedHost,
    highPriority: config.priority === RoutingPriority.HIGH,
    clusterNotFoundStatus: NOT_FOUND_STATUS[config.clusterNotFoundResponseCode] ?? 503,
    includeAttemptCount: host.includeRequestAttemptCount,
    includeAttemptCountInResponse: host.includeAttemptCountInResponse,
    upgrades: new Map(
      config.upgradeConfigs.map((one) => [one.upgradeType.toLowerCase(), one.enabled ?? true] as const),
    ),
  };
  return { ok: true, value: { kind: "forward", forward } };
}

/** The one path rewrite of a route; `undefined` when there is none. */
function compilePathRewrite(
  route: Route,
  config: RouteActionConfig,
  path: string,
): Compiled<PathRewriter | undefined> {
  const fields = [
    ["prefix_rewrite", config.prefixRewrite !== ""],
    ["regex_rewrite", config.regexRewrite !== undefined],
    ["path_rewrite_policy", config.pathRewritePolicy !== undefined],
    ["path_rewrite", config.pathRewrite !== ""],
  ] as const;
  const set = fields.filter(([, isSet]) => isSet).map(([name]) => name);
  if (set.length > 1) return refuse(path, `only one of ${set.join(" and ")} can be specified`);
  if (config.prefixRewrite !== "") {
    return { ok: true, value: prefixRewriter(route.match, config.prefixRewrite) };
  }
  if (config.regexRewrite !== undefined) {
    return compileRegexRewrite(config.regexRewrite, `${path}.regex_rewrite`);
  }
  if (config.pathRewritePolicy !== undefined) {
    return compileUriTemplateRewrite(route.match, config.pathRewritePolicy, `${path}.path_rewrite_policy`);
  }
  if (config.pathRewrite !== "") return compilePathFormat(config.pathRewrite, `${path}.path_rewrite`);
  return { ok: true, value: undefined };
}
