import {
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  type HttpConnectionManager,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { hasEscapedSlash, mergeSlashes, normalizePath, unescapeSlashes } from "./normalize-path.ts";

/** How a connection manager wants the paths and hosts of its requests, before it looks for a route. */
export interface RequestTargetRules {
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  readonly escapedSlashes: "keep" | "reject" | "redirect" | "forward";
  readonly stripPort: "keep" | "matching" | "any";
  readonly stripTrailingHostDot: boolean;
}

/** What holds where a connection manager leaves it open; Envoy has it from its runtime, once per configuration. */
export interface RequestTargetDefaults {
  readonly normalizePath: boolean;
  /** A number of `PathWithEscapedSlashesAction`. */
  readonly escapedSlashes: number;
}

const NO_DEFAULTS: RequestTargetDefaults = { normalizePath: false, escapedSlashes: 0 };

const ESCAPED_SLASHES: Readonly<Record<EscapedSlashes, RequestTargetRules["escapedSlashes"]>> = {
  [EscapedSlashes.IMPLEMENTATION_SPECIFIC_DEFAULT]: "keep",
  [EscapedSlashes.KEEP_UNCHANGED]: "keep",
  [EscapedSlashes.REJECT_REQUEST]: "reject",
  [EscapedSlashes.UNESCAPE_AND_REDIRECT]: "redirect",
  [EscapedSlashes.UNESCAPE_AND_FORWARD]: "forward",
};

export function compileRequestTargetRules(
  config: HttpConnectionManager,
  defaults = NO_DEFAULTS,
): RequestTargetRules {
  const own = config.pathWithEscapedSlashesAction;
  const action = own === EscapedSlashes.IMPLEMENTATION_SPECIFIC_DEFAULT ? defaults.escapedSlashes : own;
  const stripsAny = config.stripPortMode.case === "stripAnyHostPort" && config.stripPortMode.value;
  return {
    normalizePath: config.normalizePath ?? defaults.normalizePath,
    mergeSlashes: config.mergeSlashes,
    escapedSlashes: actionOf(action),
    stripPort: stripsAny ? "any" : config.stripMatchingHostPort ? "matching" : "keep",
    stripTrailingHostDot: config.stripTrailingHostDot,
  };
}

function actionOf(action: number): RequestTargetRules["escapedSlashes"] {
  return Object.hasOwn(ESCAPED_SLASHES, action) ? ESCAPED_SLASHES[action as EscapedSlashes] : "keep";
}

/** The path that routes are looked for by; `undefined`: the request is refused. */
export function rewritePath(original: string, rules: RequestTargetRules): string | undefined {
  // A fragment has no business in a request (RFC 9110 §7.1).
  if (original.includes("#")) return undefined;
  let path = original;
  if (rules.escapedSlashes !== "keep" && hasEscapedSlash(path)) {
    if (rules.escapedSlashes === "reject") return undefined;
    path = unescapeSlashes(path);
  }
  if (rules.normalizePath) {
    const normal = normalizePath(path);
    if (normal === undefined) return undefined;
    path = normal;
  }
  return rules.mergeSlashes && path.includes("//") ? mergeSlashes(path) : path;
}

/** Whether the client is sent to the rewritten path, instead of being served there. */
export function redirectsPath(original: string, rules: RequestTargetRules): boolean {
  return rules.escapedSlashes === "redirect" && hasEscapedSlash(original);
}

/** The host that virtual hosts are looked for by. `localPort`: what "matching" means. */
export function rewriteAuthority(authority: string, rules: RequestTargetRules, localPort: string): string {
  if (rules.stripPort === "keep" && !rules.stripTrailingHostDot) return authority;
  // As Envoy: the dot goes first, and ahead of a port that is no number, too; such a port stays.
  const host = rules.stripTrailingHostDot ? authority.replace(/\.(?=$|:[^:]*$)/, "") : authority;
  const at = host.search(/:\d+$/);
  const stripped =
    at >= 0 &&
    (rules.stripPort === "any" || (rules.stripPort === "matching" && host.slice(at + 1) === localPort));
  return stripped ? host.slice(0, at) : host;
}
