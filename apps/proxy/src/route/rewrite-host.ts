import type { Compiled, HeaderMap } from "@sluice/extension-api";
import { compileRegexSubstitution, splitPath, toBinaryString } from "@sluice/matching";
import type { RouteAction } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";

/** The new `:authority`; "" leaves it as it is. */
export type HostRewriter = (headers: HeaderMap, context: FormatContext) => string;

/** `host_rewrite_specifier` without `auto_host_rewrite`, which needs the endpoint; `undefined` when there is none. */
export function compileHostRewrite(
  specifier: RouteAction["hostRewriteSpecifier"],
  path: string,
): Compiled<HostRewriter | undefined> {
  switch (specifier.case) {
    case "hostRewriteLiteral": {
      const value = toBinaryString(specifier.value);
      return { ok: true, value: () => value };
    }
    case "hostRewriteHeader": {
      const name = specifier.value.toLowerCase();
      return { ok: true, value: (headers) => headers.get(name) ?? "" };
    }
    case "hostRewritePathRegex": {
      const substitute = compileRegexSubstitution(specifier.value, `${path}.host_rewrite_path_regex`);
      if (!substitute.ok) return substitute;
      // A CONNECT has no path.
      return { ok: true, value: (headers) => substitute.value(splitPath(headers.get(":path") ?? "")[0]) };
    }
    case "hostRewrite": {
      const format = compileSubstitutionFormat(specifier.value, `${path}.host_rewrite`);
      if (!format.ok) return format;
      return { ok: true, value: (_headers, context) => format.value.format(context) };
    }
    default:
      return { ok: true, value: undefined };
  }
}

/**
 * Puts `host` in the authority's place. `append`: what it was joins x-forwarded-host, unless it is already the last there;
 * `keepOld`: it goes into x-envoy-original-host.
 */
export function replaceAuthority(headers: HeaderMap, host: string, append: boolean, keepOld: boolean): void {
  const old = headers.get(":authority") ?? "";
  if (append && old !== "") {
    const forwarded = headers.getAll("x-forwarded-host");
    if (forwarded === undefined || forwarded === "") headers.set("x-forwarded-host", old);
    else if (forwarded.slice(forwarded.lastIndexOf(",") + 1) !== old) {
      headers.set("x-forwarded-host", `${forwarded},${old}`);
    }
  }
  if (keepOld) headers.set(EnvoyHeader.originalHost, old);
  headers.set(":authority", host);
}
