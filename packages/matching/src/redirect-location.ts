import type { RedirectAction } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { toBinaryString } from "./binary-string.ts";
import type { HeaderView } from "./contract.ts";
import { splitPath } from "./split-path.ts";

/**
 * Where a redirect leads; the path of `headers` has been rewritten already.
 *
 * @param formatted what `path_rewrite` gives; "": nothing
 */
export function redirectLocation(config: RedirectAction, headers: HeaderView, formatted = ""): string {
  const oldScheme = headers.get("x-forwarded-proto") ?? headers.get(":scheme") ?? "http";
  const specifier = config.schemeRewriteSpecifier;
  let scheme = oldScheme;
  if (specifier.case === "httpsRedirect" && specifier.value) scheme = "https";
  else if (specifier.case === "schemeRedirect" && specifier.value !== "") scheme = specifier.value;
  const host = redirectHost(config, headers, oldScheme, scheme);
  const target = redirectTarget(config, headers.get(":path") ?? "/", formatted);
  return `${scheme}://${host}${target.startsWith("/") ? "" : "/"}${target}`;
}

function redirectHost(
  config: RedirectAction,
  headers: HeaderView,
  oldScheme: string,
  scheme: string,
): string {
  const authority = headers.get(":authority") ?? "";
  const portAt = authority.search(/:\d*$/);
  const oldPort = portAt < 0 ? "" : authority.slice(portAt);
  const host =
    config.hostRedirect !== ""
      ? toBinaryString(config.hostRedirect)
      : portAt < 0
        ? authority
        : authority.slice(0, portAt);
  if (config.portRedirect !== 0) return `${host}:${config.portRedirect}`;
  if (config.hostRedirect !== "" || oldPort === "") return host;
  // A port that was the old scheme's default says nothing under the new one.
  const wasDefault =
    (oldScheme === "http" && oldPort === ":80") || (oldScheme === "https" && oldPort === ":443");
  return scheme === oldScheme || !wasDefault ? host + oldPort : host;
}

/** A query in `path_redirect`, or formatted, takes the place of the request's, and is never stripped. */
function redirectTarget(config: RedirectAction, target: string, formatted: string): string {
  const specifier = config.pathRewriteSpecifier;
  const value = specifier.case === "pathRedirect" ? toBinaryString(specifier.value) : formatted;
  if (value !== "") {
    return value.includes("?") || config.stripQuery ? value : value + splitPath(target)[1];
  }
  return config.stripQuery ? splitPath(target)[0] : target;
}
