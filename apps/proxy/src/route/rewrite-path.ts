import type { Compiled, HeaderMap } from "@sluice/extension-api";
import { compileRegexSubstitution, splitPath } from "@sluice/matching";
import type { RegexMatchAndSubstitute } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";

/** From the request's target to what takes its place; the query, with its `?`, is part of both. `undefined`: nothing does. */
export type PathRewriter = (target: string, context: FormatContext) => string | undefined;

/** `path_rewrite`: the formatted text takes the path's place, unless it is empty; the query stays. What is missing is empty. */
export function compilePathFormat(text: string, path: string): Compiled<PathRewriter> {
  const format = compileSubstitutionFormat(text, path, { omitEmptyValues: true });
  if (!format.ok) return format;
  return {
    ok: true,
    value: (target, context) => {
      const rewritten = format.value.format(context);
      return rewritten === "" ? undefined : rewritten + splitPath(target)[1];
    },
  };
}

/** `regex_rewrite`: every match of the pattern within the path is replaced, unless nothing is left; `\1` names a group. */
export function compileRegexRewrite(config: RegexMatchAndSubstitute, path: string): Compiled<PathRewriter> {
  const substitute = compileRegexSubstitution(config, path);
  if (!substitute.ok) return substitute;
  return {
    ok: true,
    value: (target) => {
      const [only, query] = splitPath(target);
      const rewritten = substitute.value(only);
      return rewritten === "" ? undefined : rewritten + query;
    },
  };
}

/** The value of a header map, for whoever only has one. */
export function targetOf(headers: HeaderMap): string {
  return headers.get(":path") ?? "/";
}
