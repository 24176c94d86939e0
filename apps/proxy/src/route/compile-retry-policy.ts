import type { Compiled, Problem } from "@sluice/extension-api";
import { type Condition, compileHeaderMatcher } from "@sluice/matching";
import {
  type HeaderMatcher,
  RetryPolicy_ResetHeaderFormat as ResetHeaderFormat,
  type RetryPolicy,
} from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { wholeDurationMs } from "../config-message/duration-ms.ts";
import { durationProblems } from "../config-message/duration-problems.ts";
import { parseRetryOn } from "../http/retry-on.ts";
import type { RetryHostPredicate, RetryPriority } from "../load-balancer/retry-extensions.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { findTypedExtension } from "./compile-typed-extension.ts";
import type { RetryConfig } from "./retry-policy.ts";

const RESET_MAX_INTERVAL_MS = 300_000;

/** Defaults: one retry, back-off from what runtime says (25 ms) to ten times the base, one choice of host. */
export function compileRetryPolicy(
  policy: RetryPolicy,
  path: string,
  extensions: ExtensionRegistry,
): Compiled<RetryConfig> {
  const problems = durationProblems(
    {
      per_try_timeout: policy.perTryTimeout,
      per_try_idle_timeout: policy.perTryIdleTimeout,
      "retry_back_off.base_interval": policy.retryBackOff?.baseInterval,
      "retry_back_off.max_interval": policy.retryBackOff?.maxInterval,
      "rate_limited_retry_back_off.max_interval": policy.rateLimitedRetryBackOff?.maxInterval,
    },
    path,
  );
  const base = policy.retryBackOff?.baseInterval;
  const baseIntervalMs = base === undefined ? 0 : Math.max(1, wholeDurationMs(base, 0));
  const max = policy.retryBackOff?.maxInterval;
  const maxIntervalMs = max === undefined ? baseIntervalMs * 10 : Math.max(1, wholeDurationMs(max, 0));
  if (maxIntervalMs < baseIntervalMs) {
    problems.push({
      path: `${path}.retry_back_off.max_interval`,
      message: "retry_policy.max_interval must greater than or equal to the base_interval",
      severity: "error",
    });
  }
  const hostPredicates: (() => RetryHostPredicate)[] = [];
  for (const [i, one] of policy.retryHostPredicate.entries()) {
    const at = `${path}.retry_host_predicate[${i}].typed_config`;
    const any = one.configType.case === "typedConfig" ? one.configType.value : undefined;
    const found = findTypedExtension(extensions, "envoy.retry_host_predicates", any, at);
    const compiled = found.ok ? found.value.factory.compile(found.value.message) : found;
    if (compiled.ok) hostPredicates.push(compiled.value);
    else problems.push(...compiled.problems);
  }
  let priority: (() => RetryPriority) | undefined;
  if (policy.retryPriority !== undefined) {
    const { configType } = policy.retryPriority;
    const any = configType.case === "typedConfig" ? configType.value : undefined;
    const at = `${path}.retry_priority.typed_config`;
    const found = findTypedExtension(extensions, "envoy.retry_priorities", any, at);
    const compiled = found.ok ? found.value.factory.compile(found.value.message) : found;
    if (compiled.ok) priority = compiled.value;
    else problems.push(...compiled.problems);
  }
  const rateLimited = policy.rateLimitedRetryBackOff;
  const config: RetryConfig = {
    // As Envoy: words that are no condition are passed over.
    retryOn: parseRetryOn(policy.retryOn, "both").bits,
    numRetries: policy.numRetries ?? 1,
    perTryTimeoutMs: wholeDurationMs(policy.perTryTimeout, 0),
    perTryIdleTimeoutMs: wholeDurationMs(policy.perTryIdleTimeout, 0),
    statusCodes: policy.retriableStatusCodes,
    retriableHeaders: conditions(policy.retriableHeaders, `${path}.retriable_headers`, problems),
    retriableRequestHeaders: conditions(
      policy.retriableRequestHeaders,
      `${path}.retriable_request_headers`,
      problems,
    ),
    baseIntervalMs,
    maxIntervalMs,
    resetHeaders: (rateLimited?.resetHeaders ?? []).map(({ name, format }) => ({
      name: name.toLowerCase(),
      format: format === ResetHeaderFormat.SECONDS ? ("seconds" as const) : ("unixTimestamp" as const),
    })),
    resetMaxIntervalMs: Math.max(1, wholeDurationMs(rateLimited?.maxInterval, RESET_MAX_INTERVAL_MS)),
    hostPredicates,
    hostSelectionMaxAttempts: Math.max(1, Number(policy.hostSelectionRetryMaxAttempts)),
    priority,
    refreshesCluster: policy.refreshClusterOnRetry,
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: config };
}

function conditions(matchers: readonly HeaderMatcher[], path: string, problems: Problem[]): Condition[] {
  const compiled: Condition[] = [];
  for (const [i, matcher] of matchers.entries()) {
    const one = compileHeaderMatcher(matcher, `${path}[${i}]`);
    if (one.ok) compiled.push(one.value);
    else problems.push(...one.problems);
  }
  return compiled;
}
