import type { Compiled, HeaderMap } from "@sluice/extension-api";
import { compileRegex } from "@sluice/matching";
import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RegexMatchAndSubstitute } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { RE2JS } from "re2js";
import type { FormatContext } from "../access-log/access-logger.ts";
import { compileSubstitutionFormat } from "../access-log/compile-substitution-format.ts";

/** From the request's target to what takes its place; the query, with its `?`, is part of both. */
export type PathRewriter = (target: string, context: FormatContext) => string;

/** Path and query of a request target; the query keeps its `?`. */
export function splitPath(target: string): readonly [string, string] {
  const at = target.search(/[?#]/);
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at)];
}

/** `prefix_rewrite`: what the route matched makes way for `rewrite`; the rest of the path and the query stay. */
export function prefixRewriter(match: RouteMatch | undefined, rewrite: string): PathRewriter {
  const specifier = match?.pathSpecifier;
  if (specifier?.case === "prefix" || specifier?.case === "pathSeparatedPrefix") {
    const { length } = specifier.value;
    return (target) => rewrite + target.slice(length);
  }
  return (target) => rewrite + splitPath(target)[1];
}

/** `path_rewrite`: the formatted text takes the path's place, the query stays. What is missing is empty. */
export function compilePathFormat(text: string, path: string): Compiled<PathRewriter> {
  const format = compileSubstitutionFormat(text, path, { omitEmptyValues: true });
  if (!format.ok) return format;
  return {
    ok: true,
    value: (target, context) => {
      const rewritten = format.value.format(context);
      return rewritten === "" ? target : rewritten + splitPath(target)[1];
    },
  };
}

/** `regex_rewrite`: every match of the pattern within the path is replaced; `\1` names a group. */
export function compileRegexRewrite(config: RegexMatchAndSubstitute, path: string): Compiled<PathRewriter> {
  const substitute = compileRegexSubstitution(config, path);
  if (!substitute.ok) return substitute;
  return {
    ok: true,
    value: (target) => {
      const [only, query] = splitPath(target);
      return substitute.value(only) + query;
    },
  };
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

/** The value of a header map, for whoever only has one. */
export function targetOf(headers: HeaderMap): string {
  return headers.get(":path") ?? "/";
}
