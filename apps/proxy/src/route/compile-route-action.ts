import type { Compiled, HeaderMap, Problem } from "@sluice/extension-api";
import { RoutingPriority } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type {
  RedirectAction,
  Route,
  RouteAction as RouteActionConfig,
  VirtualHost,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";
import { retryConfig, unknownRetryOn } from "./retry-policy.ts";
import { compileRegexRewrite, prefixRewriter, splitPath } from "./rewrite-path.ts";
import type { ForwardAction, RouteAction } from "./route-entry.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
const NOT_FOUND_STATUS: readonly number[] = [503, 404, 500];
const REDIRECT_STATUS: readonly number[] = [301, 302, 303, 307, 308];

/** What a route does, apart from which cluster it picks. */
export function compileRouteAction(route: Route, host: VirtualHost, path: string): Compiled<RouteAction> {
  const { action } = route;
  switch (action.case) {
    case "route":
      return compileForward(route, action.value, host, `${path}.route`);
    case "redirect":
      return compileRedirect(route, action.value, `${path}.redirect`);
    case "directResponse": {
      const { status, body } = action.value;
      const specifier = body?.specifier;
      let text = "";
      if (specifier?.case === "inlineString") text = specifier.value;
      else if (specifier?.case === "inlineBytes") text = Buffer.from(specifier.value).toString();
      else if (specifier?.case !== undefined) {
        return refuse(`${path}.direct_response.body`, "only inline bodies are implemented");
      }
      return { ok: true, value: { kind: "direct", status, body: text } };
    }
    default:
      return refuse(
        path,
        "one of route, redirect and direct_response is required; others are not implemented",
      );
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
  let rewritePath = (target: string): string => target;
  let rewritesPath = false;
  if (config.prefixRewrite !== "") {
    rewritePath = prefixRewriter(route.match, config.prefixRewrite);
    rewritesPath = true;
  } else if (config.regexRewrite !== undefined) {
    const rewriter = compileRegexRewrite(config.regexRewrite, `${path}.regex_rewrite`);
    if (!rewriter.ok) return rewriter;
    rewritePath = rewriter.value;
    rewritesPath = true;
  }
  const policy = config.retryPolicy ?? host.retryPolicy;
  const [unknown] = unknownRetryOn(policy?.retryOn ?? "");
  if (unknown !== undefined) {
    return refuse(`${path}.retry_policy.retry_on`, `retry condition '${unknown}' is not implemented`);
  }
  const specifier = config.hostRewriteSpecifier;
  let hostRewrite: ForwardAction["hostRewrite"] = { kind: "none" };
  if (specifier.case === "hostRewriteLiteral") hostRewrite = { kind: "literal", value: specifier.value };
  else if (specifier.case === "autoHostRewrite") {
    if (specifier.value.value) hostRewrite = { kind: "auto" };
  } else if (specifier.case === "hostRewriteHeader") {
    hostRewrite = { kind: "header", name: specifier.value.toLowerCase() };
  } else if (specifier.case !== undefined) return refuse(path, `${specifier.case} is not implemented`);
  const forward: ForwardAction = {
    timeoutMs: durationMs(config.timeout, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: durationMs(config.idleTimeout, undefined),
    retry: policy === undefined ? undefined : retryConfig(policy),
    rewritePath,
    rewritesPath,
    hostRewrite,
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

function compileRedirect(route: Route, config: RedirectAction, path: string): Compiled<RouteAction> {
  const specifier = config.pathRewriteSpecifier;
  let rewrite: (target: string) => string;
  if (specifier.case === "pathRedirect") {
    const { value } = specifier;
    rewrite = (target) => (value.includes("?") ? value : value + splitPath(target)[1]);
  } else if (specifier.case === "prefixRewrite") rewrite = prefixRewriter(route.match, specifier.value);
  else if (specifier.case === "regexRewrite") {
    const compiled = compileRegexRewrite(specifier.value, `${path}.regex_rewrite`);
    if (!compiled.ok) return compiled;
    rewrite = compiled.value;
  } else if (specifier.case === undefined) rewrite = (target) => target;
  else return refuse(path, `${specifier.case} is not implemented`);
  return {
    ok: true,
    value: {
      kind: "redirect",
      status: REDIRECT_STATUS[config.responseCode] ?? 301,
      location: (headers) => redirectLocation(config, headers, rewrite),
    },
  };
}

function redirectLocation(
  config: RedirectAction,
  headers: HeaderMap,
  rewrite: (target: string) => string,
): string {
  const oldScheme = headers.get("x-forwarded-proto") ?? headers.get(":scheme") ?? "http";
  const specifier = config.schemeRewriteSpecifier;
  let scheme = oldScheme;
  if (specifier.case === "httpsRedirect" && specifier.value) scheme = "https";
  else if (specifier.case === "schemeRedirect" && specifier.value !== "") scheme = specifier.value;
  const authority = headers.get(":authority") ?? "";
  const portAt = authority.search(/:\d+$/);
  const oldPort = portAt < 0 ? "" : authority.slice(portAt);
  let host =
    config.hostRedirect !== "" ? config.hostRedirect : portAt < 0 ? authority : authority.slice(0, portAt);
  if (config.portRedirect !== 0) host += `:${config.portRedirect}`;
  else if (config.hostRedirect === "" && oldPort !== "") {
    // A port that was the old scheme's default says nothing under the new one.
    const wasDefault =
      (oldScheme === "http" && oldPort === ":80") || (oldScheme === "https" && oldPort === ":443");
    if (scheme === oldScheme || !wasDefault) host += oldPort;
  }
  let target = rewrite(headers.get(":path") ?? "/");
  if (config.stripQuery) target = splitPath(target)[0];
  return `${scheme}://${host}${target}`;
}
