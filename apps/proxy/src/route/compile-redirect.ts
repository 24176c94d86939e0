import type { Compiled, HeaderMap } from "@sluice/extension-api";
import type { RedirectAction, Route } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import {
  compilePathFormat,
  compileRegexRewrite,
  type PathRewriter,
  prefixRewriter,
  splitPath,
  targetOf,
} from "./rewrite-path.ts";
import type { RouteAction } from "./route-entry.ts";

const REDIRECT_STATUS: readonly number[] = [301, 302, 303, 307, 308];

export function compileRedirect(route: Route, config: RedirectAction, path: string): Compiled<RouteAction> {
  const specifier = config.pathRewriteSpecifier;
  let rewrite: PathRewriter | undefined;
  if (specifier.case === "prefixRewrite") rewrite = prefixRewriter(route.match, specifier.value);
  else if (specifier.case === "regexRewrite" || specifier.case === "pathRewrite") {
    const compiled =
      specifier.case === "regexRewrite"
        ? compileRegexRewrite(specifier.value, `${path}.regex_rewrite`)
        : compilePathFormat(specifier.value, `${path}.path_rewrite`);
    if (!compiled.ok) return compiled;
    rewrite = compiled.value;
  }
  return {
    ok: true,
    value: {
      kind: "redirect",
      status: REDIRECT_STATUS[config.responseCode] ?? 301,
      rewritePath: rewrite,
      location: (headers) => redirectLocation(config, headers),
    },
  };
}

/** The path of `headers` has been rewritten already. */
function redirectLocation(config: RedirectAction, headers: HeaderMap): string {
  const oldScheme = headers.get("x-forwarded-proto") ?? headers.get(":scheme") ?? "http";
  const specifier = config.schemeRewriteSpecifier;
  let scheme = oldScheme;
  if (specifier.case === "httpsRedirect" && specifier.value) scheme = "https";
  else if (specifier.case === "schemeRedirect" && specifier.value !== "") scheme = specifier.value;
  return `${scheme}://${redirectHost(config, headers, oldScheme, scheme)}${redirectTarget(config, targetOf(headers))}`;
}

function redirectHost(config: RedirectAction, headers: HeaderMap, oldScheme: string, scheme: string): string {
  const authority = headers.get(":authority") ?? "";
  const portAt = authority.search(/:\d+$/);
  const oldPort = portAt < 0 ? "" : authority.slice(portAt);
  const host =
    config.hostRedirect !== "" ? config.hostRedirect : portAt < 0 ? authority : authority.slice(0, portAt);
  if (config.portRedirect !== 0) return `${host}:${config.portRedirect}`;
  if (config.hostRedirect !== "" || oldPort === "") return host;
  // A port that was the old scheme's default says nothing under the new one.
  const wasDefault =
    (oldScheme === "http" && oldPort === ":80") || (oldScheme === "https" && oldPort === ":443");
  return scheme === oldScheme || !wasDefault ? host + oldPort : host;
}

/** A query in `path_redirect` takes the place of the request's, and is never stripped. */
function redirectTarget(config: RedirectAction, target: string): string {
  const specifier = config.pathRewriteSpecifier;
  if (specifier.case === "pathRedirect" && specifier.value !== "") {
    const { value } = specifier;
    return value.includes("?") || config.stripQuery ? value : value + splitPath(target)[1];
  }
  return config.stripQuery ? splitPath(target)[0] : target;
}
