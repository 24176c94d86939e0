import { type Compiled, type FactoryContext, gatherProblems, type Problem } from "@sluice/extension-api";
import {
  type CompiledStringMatcher,
  type Condition,
  compileRuntimeFraction,
  compileStringMatcher,
} from "@sluice/matching";
import type { RuntimeFractionalPercent } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { CsrfPolicy } from "@sluice/xds/gen/envoy/extensions/filters/http/csrf/v3/csrf_pb.js";

export interface CompiledCsrfPolicy {
  /** Shares of requests that are held to the policy, and of the others that are only counted. */
  readonly enabled: Condition | undefined;
  readonly shadow: Condition | undefined;
  readonly origins: readonly CompiledStringMatcher[];
  readonly runtime: FactoryContext["runtime"];
}

export function compileCsrfPolicy(config: CsrfPolicy, context: FactoryContext): Compiled<CompiledCsrfPolicy> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const fraction = (share: RuntimeFractionalPercent | undefined, path: string): Condition | undefined =>
    share === undefined ? undefined : take(compileRuntimeFraction(share, path));
  const origins = config.additionalOrigins.flatMap(
    (matcher, i) => take(compileStringMatcher(matcher, `additional_origins[${i}]`)) ?? [],
  );
  const value = Object.freeze({
    enabled: fraction(config.filterEnabled, "filter_enabled"),
    shadow: fraction(config.shadowEnabled, "shadow_enabled"),
    origins,
    runtime: context.runtime,
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}
