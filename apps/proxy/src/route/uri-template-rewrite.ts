import type { Compiled } from "@sluice/extension-api";
import { compileUriTemplate, splitPath } from "@sluice/matching";
import { unpackAny } from "@sluice/xds/any";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { RouteMatch } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { UriTemplateMatchConfig } from "@sluice/xds/gen/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.js";
import type { UriTemplateRewriteConfig } from "@sluice/xds/gen/envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite_pb.js";
import { RE2JS } from "re2js";
import type { PathRewriter } from "./rewrite-path.ts";

const MATCH = "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
const REWRITE = "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig";

/** `path_rewrite_policy`: a template whose variables are those of the route's `path_match_policy`; the query stays. */
export function compileUriTemplateRewrite(
  match: RouteMatch | undefined,
  policy: TypedExtensionConfig,
  path: string,
): Compiled<PathRewriter> {
  const at = `${path}.typed_config`;
  const refuse = (message: string): Compiled<PathRewriter> => ({
    ok: false,
    problems: [{ path: at, message, severity: "error" }],
  });
  if (policy.typedConfig === undefined) return refuse(`${policy.name} needs a typed_config`);
  const unpacked = unpackAny(policy.typedConfig);
  if (!unpacked.ok) return refuse(unpacked.message);
  if (unpacked.typeName !== REWRITE) return refuse(`path rewrite ${unpacked.typeName} is not implemented`);
  const template = matchTemplate(match);
  if (template === undefined) {
    return refuse("unable to use a uri_template rewrite without a path_match_policy of uri_template");
  }
  const compiled = compileUriTemplate(template);
  if (!compiled.ok) return refuse(compiled.message);
  const parts = parseRewrite(asRewrite(unpacked.message).pathTemplateRewrite, compiled.variables);
  if (typeof parts === "string") return refuse(parts);
  const pattern = RE2JS.compile(compiled.regex);
  return {
    ok: true,
    value: (target) => {
      const [only, query] = splitPath(target);
      const matcher = pattern.matcher(only);
      if (!matcher.matches()) return target;
      let rewritten = "";
      for (const part of parts) {
        rewritten += typeof part === "string" ? part : (matcher.group(part.variable) ?? "");
      }
      return rewritten + query;
    },
  };
}

/** The route's own template, when it matches by one. */
function matchTemplate(match: RouteMatch | undefined): string | undefined {
  const specifier = match?.pathSpecifier;
  if (specifier?.case !== "pathMatchPolicy" || specifier.value.typedConfig === undefined) return undefined;
  const unpacked = unpackAny(specifier.value.typedConfig);
  return unpacked.ok && unpacked.typeName === MATCH ? asMatch(unpacked.message).pathTemplate : undefined;
}

/** Literals and variables in order; a text says what is wrong. */
function parseRewrite(
  rewrite: string,
  variables: readonly string[],
): readonly (string | { readonly variable: string })[] | string {
  if (!rewrite.startsWith("/")) return `path_template_rewrite ${JSON.stringify(rewrite)} must begin with /`;
  const parts: (string | { readonly variable: string })[] = [];
  for (const part of rewrite.split(/(\{[^{}]*\})/)) {
    if (part === "") continue;
    if (!part.startsWith("{")) {
      if (/[{}]/.test(part)) return `path_template_rewrite ${JSON.stringify(rewrite)} has a stray brace`;
      if (part.includes("//")) return `path_template_rewrite ${JSON.stringify(rewrite)} has an empty segment`;
      parts.push(part);
      continue;
    }
    const variable = part.slice(1, -1);
    if (!variables.includes(variable)) {
      return `path_template_rewrite names the variable ${JSON.stringify(variable)}, which the match does not have`;
    }
    parts.push({ variable });
  }
  return parts;
}

/** The caller has checked the type's name. */
function asRewrite(message: unknown): UriTemplateRewriteConfig {
  return message as UriTemplateRewriteConfig;
}
/** The caller has checked the type's name. */
function asMatch(message: unknown): UriTemplateMatchConfig {
  return message as UriTemplateMatchConfig;
}
