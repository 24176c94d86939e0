import type { Compiled } from "@sluice/extension-api";
import { type Condition, compileHeaderMatcher } from "@sluice/matching";
import type { HealthCheck } from "@sluice/xds/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import { durationProblems } from "../../../../config-message/duration-problems.ts";

export interface HealthCheckFilterConfig {
  readonly passThrough: boolean;
  /** 0: every check is passed on. */
  readonly cacheMs: number;
  /** `[cluster, percent]`; without a fraction, as in Envoy. */
  readonly minHealthyPercentages: readonly (readonly [cluster: string, percent: number])[];
  /** All must hold for a request to be a health check. */
  readonly conditions: readonly Condition[];
}

export function compileHealthCheckFilter(config: HealthCheck): Compiled<HealthCheckFilterConfig> {
  const problems = durationProblems({ cache_time: config.cacheTime }, "");
  const refuse = (path: string, message: string): void => {
    problems.push({ path, message, severity: "error" });
  };
  const passThrough = config.passThroughMode ?? false;
  const cacheMs = durationMs(config.cacheTime, 0);
  if (!passThrough && cacheMs > 0) {
    refuse("cache_time", "cache_time must not be set when pass_through_mode is false");
  }
  const minHealthyPercentages = Object.entries(config.clusterMinHealthyPercentages).map(
    ([cluster, percent]) => [cluster, Math.trunc(percent.value)] as const,
  );
  if (passThrough && minHealthyPercentages.length > 0) {
    refuse(
      "cluster_min_healthy_percentages",
      "cluster_min_healthy_percentages must not be set when pass_through_mode is true",
    );
  }
  const conditions: Condition[] = [];
  for (const [i, matcher] of config.headers.entries()) {
    const compiled = compileHeaderMatcher(matcher, `headers[${i}]`);
    if (compiled.ok) conditions.push(compiled.value);
    else problems.push(...compiled.problems);
  }
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: Object.freeze({ passThrough, cacheMs, minHealthyPercentages, conditions }) };
}
