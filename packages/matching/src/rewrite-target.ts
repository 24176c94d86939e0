import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RegexMatchAndSubstitute } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { RE2JS } from "re2js";
import type { Compiled } from "./contract.ts";
import { compileRegex } from "./linear-regex.ts";
import { splitPath } from "./split-path.ts";

/** `prefix_rewrite`: what the route matched makes way for `rewrite`; the rest of the path and the query stay. */
export function prefixRewriter(match: RouteMatch | undefined, rewrite: string): (target: string) => string {
  const specifier = match?.pathSpecifier;
  if (specifier?.case === "prefix" || specifier?.case === "pathSeparatedPrefix") {
    const { length } = specifier.value;
    return (target) => rewrite + target.slice(length);
  }
  return (target) => rewrite + splitPath(target)[1];
}

/** Replaces every match within a text. */
export function compileRegexSubstitution(
  config: RegexMatchAndSubstitute,
  path: string,
): Compiled<(text: string) => string> {
  if (config.pattern === undefined) {
    return { ok: false, problems: [{ path, message: "pattern is required", severity: "error" }] };
  }
  const checked = compileRegex(config.pattern, `${path}.pattern`);
  if (!checked.ok) return checked;
  const pattern = RE2JS.compile(config.pattern.regex);
  const groups = pattern.groupCount();
  for (const [reference, digit] of config.substitution.matchAll(/\\(.?)/gs)) {
    if (digit === "\\" || (digit !== undefined && /^\d$/.test(digit) && Number(digit) <= groups)) continue;
    const message = `'${reference}' names no group of the pattern, which has ${groups}`;
    return { ok: false, problems: [{ path: `${path}.substitution`, message, severity: "error" }] };
  }
  const replacement = config.substitution
    .replace(/\$/g, "\\$")
    .replace(/\\(\d)/g, (_all, digit: string) => `$${digit}`);
  return { ok: true, value: (text) => pattern.matcher(text).replaceAll(replacement) };
}
