import { type Compiled, refuse } from "@sluice/extension-api";
import { prefixRewriter } from "@sluice/matching";
import type {
  Route,
  RouteAction as RouteActionConfig,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { compilePathFormat, compileRegexRewrite, type PathRewriter } from "./rewrite-path.ts";
import { compileUriTemplateRewrite } from "./uri-template-rewrite.ts";

/** The one path rewrite of a route; `undefined` when there is none. */
export function compilePathRewrite(
  route: Route,
  config: RouteActionConfig,
  path: string,
): Compiled<PathRewriter | undefined> {
  const fields = [
    ["prefix_rewrite", config.prefixRewrite !== ""],
    ["regex_rewrite", config.regexRewrite !== undefined],
    ["path_rewrite_policy", config.pathRewritePolicy !== undefined],
    ["path_rewrite", config.pathRewrite !== ""],
  ] as const;
  const set = fields.filter(([, isSet]) => isSet).map(([name]) => name);
  if (set.length > 1) {
    const message = `only one of ${set.join(" and ")} can be specified`;
    return refuse(path, message);
  }
  if (config.prefixRewrite !== "") {
    if (route.match?.pathSpecifier.case === "pathMatchPolicy") {
      const message = "Cannot use prefix_rewrite with matcher extension";
      return refuse(`${path}.prefix_rewrite`, message);
    }
    return { ok: true, value: prefixRewriter(route.match, config.prefixRewrite) };
  }
  if (config.regexRewrite !== undefined) {
    return compileRegexRewrite(config.regexRewrite, `${path}.regex_rewrite`);
  }
  if (config.pathRewritePolicy !== undefined) {
    return compileUriTemplateRewrite(route.match, config.pathRewritePolicy, `${path}.path_rewrite_policy`);
  }
  if (config.pathRewrite !== "") return compilePathFormat(config.pathRewrite, `${path}.path_rewrite`);
  return { ok: true, value: undefined };
}
