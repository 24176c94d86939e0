import type { Compiled, FactoryContext, Problem } from "@sluice/extension-api";
import {
  type CompiledStringMatcher,
  type Condition,
  compileRuntimeFraction,
  compileStringMatcher,
} from "@sluice/matching";
import type { RuntimeFractionalPercent } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CorsPolicy } from "@sluice/xds/gen/envoy/extensions/filters/http/cors/v3/cors_pb.js";

/** One level's policy. "" and `undefined`: this level says nothing, a less specific one may. */
export interface CompiledCorsPolicy {
  readonly origins: readonly CompiledStringMatcher[];
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  readonly maxAge: string;
  readonly allowCredentials: boolean | undefined;
  readonly allowPrivateNetworkAccess: boolean | undefined;
  readonly forwardNotMatchingPreflights: boolean | undefined;
  /** Shares of requests; `undefined`: all of them are enabled, none is in the shadow. */
  readonly enabled: Condition | undefined;
  readonly shadow: Condition | undefined;
  readonly runtime: FactoryContext["runtime"];
}

export function compileCorsPolicy(config: CorsPolicy, context: FactoryContext): Compiled<CompiledCorsPolicy> {
  const problems: Problem[] = [];
  const origins: CompiledStringMatcher[] = [];
  for (const [i, matcher] of config.allowOriginStringMatch.entries()) {
    const compiled = compileStringMatcher(matcher, `allow_origin_string_match[${i}]`);
    if (compiled.ok) origins.push(compiled.value);
    else problems.push(...compiled.problems);
  }
  const fraction = (share: RuntimeFractionalPercent | undefined, path: string): Condition | undefined => {
    if (share === undefined) return undefined;
    const compiled = compileRuntimeFraction(share, path);
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  };
  const value: CompiledCorsPolicy = Object.freeze({
    origins,
    allowMethods: config.allowMethods,
    allowHeaders: config.allowHeaders,
    exposeHeaders: config.exposeHeaders,
    maxAge: config.maxAge,
    allowCredentials: config.allowCredentials,
    allowPrivateNetworkAccess: config.allowPrivateNetworkAccess,
    forwardNotMatchingPreflights: config.forwardNotMatchingPreflights,
    enabled: fraction(config.filterEnabled, "filter_enabled"),
    shadow: fraction(config.shadowEnabled, "shadow_enabled"),
    runtime: context.runtime,
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}
