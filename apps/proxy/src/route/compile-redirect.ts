import { type Compiled, refuse } from "@sluice/extension-api";
import { prefixRewriter, redirectLocation } from "@sluice/matching";
import type { RedirectAction, Route } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { SubstitutionFormatter } from "../formatter/format-context.ts";
import { compileRegexRewrite, type PathRewriter } from "./rewrite-path.ts";
import type { RouteAction } from "./route-entry.ts";

const REDIRECT_STATUS: readonly number[] = [301, 302, 303, 307, 308];

export function compileRedirect(route: Route, config: RedirectAction, path: string): Compiled<RouteAction> {
  const specifier = config.pathRewriteSpecifier;
  let rewrite: PathRewriter | undefined;
  let target: SubstitutionFormatter | undefined;
  if (specifier.case === "prefixRewrite") {
    if (route.match?.pathSpecifier.case === "pathMatchPolicy") {
      const message = "Cannot use redirect.prefix_rewrite with path_match_policy";
      return refuse(`${path}.prefix_rewrite`, message);
    }
    if (specifier.value !== "") rewrite = prefixRewriter(route.match, specifier.value);
  } else if (specifier.case === "regexRewrite") {
    const compiled = compileRegexRewrite(specifier.value, `${path}.regex_rewrite`);
    if (!compiled.ok) return compiled;
    rewrite = compiled.value;
  } else if (specifier.case === "pathRewrite") {
    const compiled = compileSubstitutionFormat(specifier.value, `${path}.path_rewrite`, {
      omitEmptyValues: true,
    });
    if (!compiled.ok) return compiled;
    target = compiled.value;
  }
  return {
    ok: true,
    value: {
      kind: "redirect",
      status: REDIRECT_STATUS[config.responseCode] ?? 301,
      rewritePath: rewrite,
      location: (headers, context) => redirectLocation(config, headers, target?.format(context)),
    },
  };
}
