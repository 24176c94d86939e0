import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { RegexMatchAndSubstitute } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { RE2JS } from "re2js";
import { toBinaryString } from "./binary-string.ts";
import type { Compiled } from "./contract.ts";
import { compileRegex } from "./linear-regex.ts";
import { splitPath } from "./split-path.ts";

/**
 * `prefix_rewrite`: as many octets as the route's text has make way for `rewrite`, be it a whole path, whose parameters stay then;
 * otherwise the path does. The query stays.
 */
export function prefixRewriter(match: RouteMatch | undefined, rewrite: string): (target: string) => string {
  const specifier = match?.pathSpecifier;
  const text = toBinaryString(rewrite);
  switch (specifier?.case) {
    case "prefix":
    case "path":
    case "pathSeparatedPrefix": {
      const { length } = toBinaryString(specifier.value);
      return (target) => text + target.slice(length);
    }
    default:
      return (target) => text + splitPath(target)[1];
  }
}

/**
 * Replaces every match within a text. As in Envoy a substitution is never wrong: one that names a group which the pattern does not
 * have changes nothing, and of one with a stray backslash only what stands before that is used.
 */
export function compileRegexSubstitution(
  config: RegexMatchAndSubstitute,
  path: string,
): Compiled<(text: string) => string> {
  if (config.pattern === undefined) {
    return { ok: false, problems: [{ path, message: "pattern is required", severity: "error" }] };
  }
  const checked = compileRegex(config.pattern, `${path}.pattern`);
  if (!checked.ok) return checked;
  const pattern = RE2JS.compile(toBinaryString(config.pattern.regex));
  const pieces = toBinaryString(config.substitution).match(/[^\\]+|\\.?/gs) ?? [];
  const groups = pieces.filter((piece) => /^\\\d$/.test(piece)).map((piece) => Number(piece[1]));
  if (Math.max(0, ...groups) > pattern.groupCount()) return { ok: true, value: (text) => text };
  const parts: (string | number)[] = [];
  for (const piece of pieces) {
    if (!piece.startsWith("\\")) parts.push(piece);
    else if (piece === "\\\\") parts.push("\\");
    else if (/^\\\d$/.test(piece)) parts.push(Number(piece[1]));
    else break;
  }
  return { ok: true, value: (text) => replaceAll(pattern, text, parts) };
}

/** As RE2's GlobalReplace; numbers in `parts` are groups of the match. */
function replaceAll(pattern: RE2JS, text: string, parts: readonly (string | number)[]): string {
  const matcher = pattern.matcher(text);
  let replaced = "";
  let at = 0;
  let lastEnd = -1;
  while (at <= text.length && matcher.find(at)) {
    const start = matcher.start();
    const end = matcher.end();
    replaced += text.slice(at, start);
    if (start === end && start === lastEnd) {
      // Nothing, right behind the last match, is no other match.
      replaced += text.slice(start, start + 1);
      at = start + 1;
      continue;
    }
    for (const part of parts) replaced += typeof part === "string" ? part : (matcher.group(part) ?? "");
    at = end;
    lastEnd = end;
  }
  return replaced + text.slice(at);
}
