import type { Compiled, Problem } from "@sluice/extension-api";
import type { RouteAction } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { RouteAction_InternalRedirectAction as LegacyAction } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { findTypedExtension } from "./compile-typed-extension.ts";
import type { InternalRedirectPredicate } from "./internal-redirect-predicate.ts";

/** When a redirection by the upstream is followed here instead of by the client. */
export interface InternalRedirectPolicy {
  readonly redirectsMax: number;
  readonly statusCodes: ReadonlySet<number>;
  readonly allowCrossScheme: boolean;
  /** Lower case. */
  readonly headersToCopy: readonly string[];
  readonly predicates: readonly InternalRedirectPredicate[];
}

const REDIRECT_CODES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** `undefined`: redirections go to the client. Defaults: one redirect, 302 only. */
export function compileInternalRedirect(
  config: RouteAction,
  routeName: string,
  path: string,
  extensions: ExtensionRegistry,
): Compiled<InternalRedirectPolicy | undefined> {
  const policy = config.internalRedirectPolicy;
  if (policy === undefined) {
    if (config.internalRedirectAction !== LegacyAction.HANDLE_INTERNAL_REDIRECT) {
      return { ok: true, value: undefined };
    }
    return {
      ok: true,
      value: {
        redirectsMax: config.maxInternalRedirects ?? 1,
        statusCodes: new Set([302]),
        allowCrossScheme: false,
        headersToCopy: [],
        predicates: [],
      },
    };
  }
  const at = `${path}.internal_redirect_policy`;
  const problems: Problem[] = [];
  const predicates: InternalRedirectPredicate[] = [];
  for (const [i, one] of policy.predicates.entries()) {
    const found = findTypedExtension(
      extensions,
      "envoy.internal_redirect_predicates",
      one.typedConfig,
      `${at}.predicates[${i}].typed_config`,
    );
    const compiled = found.ok ? found.value.factory.compile(found.value.message, routeName) : found;
    if (compiled.ok) predicates.push(compiled.value);
    else problems.push(...compiled.problems);
  }
  const headersToCopy = policy.responseHeadersToCopy.map((name) => name.toLowerCase());
  for (const [i, name] of headersToCopy.entries()) {
    if (!name.startsWith(":") && name !== "host") continue;
    const message = `:-prefixed headers or Hosts may not be specified here`;
    problems.push({ path: `${at}.response_headers_to_copy[${i}]`, message, severity: "error" });
  }
  if (problems.length > 0) return { ok: false, problems };
  const codes = policy.redirectResponseCodes.filter((code) => REDIRECT_CODES.has(code));
  return {
    ok: true,
    value: {
      redirectsMax: policy.maxInternalRedirects ?? 1,
      statusCodes: new Set(policy.redirectResponseCodes.length === 0 ? [302] : codes),
      allowCrossScheme: policy.allowCrossSchemeRedirect,
      headersToCopy,
      predicates,
    },
  };
}
