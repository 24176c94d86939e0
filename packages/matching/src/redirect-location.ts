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
  const specifier = config.schemeRewriteSpecifier;
  let scheme = headers.get(":scheme") ?? "http";
  if (specifier.case === "httpsRedirect" && specifier.value) scheme = "https";
  else if (specifier.case === "schemeRedirect" && specifier.value !== "") scheme = specifier.value;
  const host =
    config.hostRedirect === ""
      ? requestHost(headers, scheme, config.portRedirect !== 0)
      : toBinaryString(config.hostRedirect);
  const port = config.portRedirect === 0 ? "" : `:${config.portRedirect}`;
  const target = redirectTarget(config, headers.get(":path") ?? "/", formatted);
  return `${scheme}://${host}${port}${target.startsWith("/") ? "" : "/"}${target}`;
}

/** The address of a request itself, whose target is `target`. */
export function requestLocation(headers: HeaderView, target: string): string {
  const scheme = headers.get(":scheme") ?? "http";
  return `${scheme}://${requestHost(headers, scheme, false)}${target}`;
}

/** The host as a location under `scheme` names it; without its port where that has another, `hasOther`. */
function requestHost(headers: HeaderView, scheme: string, hasOther: boolean): string {
  const authority = headers.get(":authority") ?? "";
  const portAt = authority.startsWith("[") ? authority.lastIndexOf("]:") + 1 : authority.lastIndexOf(":");
  if (portAt <= 0) return authority;
  const port = authority.slice(portAt);
  // A port that was the default where the client spoke to says nothing under another scheme.
  const was = headers.get("x-forwarded-proto");
  const name = was?.toLowerCase();
  const wasDefault = (name === "http" && port === ":80") || (name === "https" && port === ":443");
  return hasOther || (wasDefault && scheme !== was) ? authority.slice(0, portAt) : authority;
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
