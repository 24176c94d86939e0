import type { Compiled } from "@sluice/extension-api";
import { compileRegex } from "@sluice/matching";
import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RegexMatchAndSubstitute } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { RE2JS } from "re2js";

/** Path and query of a request target; the query keeps its `?`. */
export function splitPath(target: string): readonly [string, string] {
  const at = target.search(/[?#]/);
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at)];
}

/** `prefix_rewrite`: what the route matched makes way for `rewrite`; the rest of the path and the query stay. */
export function prefixRewriter(match: RouteMatch | undefined, rewrite: string): (target: string) => string {
  const specifier = match?.pathSpecifier;
  if (specifier?.case === "prefix" || specifier?.case === "pathSeparatedPrefix") {
    const { length } = specifier.value;
    return (target) => rewrite + target.slice(length);
  }
  return (target) => rewrite + splitPath(target)[1];
}

/** `regex_rewrite`: every match of the pattern within the path is replaced; `\1` names a group. */
export function compileRegexRewrite(
  config: RegexMatchAndSubstitute,
  path: string,
): Compiled<(target: string) => string> {
  if (config.pattern === undefined) {
    return { ok: false, problems: [{ path, message: "pattern is required", severity: "error" }] };
  }
  const checked = compileRegex(config.pattern, `${path}.pattern`);
  if (!checked.ok) return checked;
  const pattern = RE2JS.compile(config.pattern.regex);
  const replacement = config.substitution.replace(/\$/g, "\\$").replace(/\\(\d)/g, "$$$1");
  return {
    ok: true,
    value: (target) => {
      const [only, query] = splitPath(target);
      return pattern.matcher(only).replaceAll(replacement) + query;
    },
  };
}
