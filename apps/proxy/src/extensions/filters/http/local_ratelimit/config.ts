import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import { type Condition, compileRuntimeFraction, toBinaryString } from "@sluice/matching";
import type { RuntimeFractionalPercent } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  VhRateLimitsOptions,
  XRateLimitHeadersRFCVersion,
} from "@sluice/xds/gen/envoy/extensions/common/ratelimit/v3/ratelimit_pb.js";
import type { LocalRateLimit } from "@sluice/xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js";
import type { TokenBucket } from "@sluice/xds/gen/envoy/type/v3/token_bucket_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileHeaderMutations, type HeaderMutations } from "../../../../route/header-mutations.ts";
import { compileRateLimits, type RateLimitPolicy } from "../../../../route/rate-limit-policy.ts";
import { LocalNumber, type TokenBucketSettings } from "../../../../worker/shared-token-bucket.ts";
import { type DescriptorSettings, descriptorKey, type LimiterSettings, LocalLimiter } from "./limiter.ts";
import { createLocalRateLimitStats, type LocalRateLimitStats } from "./stats.ts";

export interface LocalRateLimitConfig {
  readonly stats: LocalRateLimitStats;
  readonly runtime: HttpFactoryContext["runtime"];
  /** Shares of requests; `undefined`: none. */
  readonly enabled: Condition | undefined;
  readonly enforced: Condition | undefined;
  readonly status: number;
  readonly grpcStatus: number | undefined;
  readonly requestHeaders: HeaderMutations | undefined;
  readonly responseHeaders: HeaderMutations | undefined;
  readonly hasDescriptors: boolean;
  /** `rate_limits` of the filter itself; `undefined`: those of the route and its virtual host. */
  readonly rateLimits: RateLimitPolicy | undefined;
  readonly stage: number;
  readonly virtualHostLimits: "override" | "include" | "ignore";
  readonly xRateLimitHeaders: boolean;
  readonly retryAfterHeader: boolean;
  readonly perConnection: boolean;
  /** Of all connections and workers. */
  readonly limiter: LocalLimiter;
  newLimiter(): LocalLimiter;
  /** `local_cluster_rate_limit`: as many as there are proxies, so that together they let through what is configured. */
  readonly tokensPerHit: (() => number) | undefined;
}

const FILL_INTERVAL_MS_MIN = 50;
const RESOURCE_EXHAUSTED = 8;
const DYNAMIC_USUAL = 20;
/** All workers share them, in memory of a fixed size. */
const DYNAMIC_MAX = 500;

export function compileLocalRateLimit(
  config: LocalRateLimit,
  context: HttpFactoryContext,
): Compiled<LocalRateLimitConfig> {
  const { worker, clock, runtime } = context;
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const fraction = (share: RuntimeFractionalPercent | undefined, path: string): Condition | undefined =>
    share === undefined ? undefined : take(compileRuntimeFraction(share, path));
  const enabled = fraction(config.filterEnabled, "filter_enabled");
  const enforced = fraction(config.filterEnforced, "filter_enforced");
  const requestHeaders = take(
    compileHeaderMutations(config.requestHeadersToAddWhenNotEnforced, [], "", "request_headers"),
  );
  const responseHeaders = take(
    compileHeaderMutations(config.responseHeadersToAdd, [], "", "response_headers"),
  );
  const rateLimits = take(compileRateLimits(config.rateLimits, "rate_limits", worker, "filter"));
  for (const [i, { stage, disableKey, limit }] of config.rateLimits.entries()) {
    const refuse = (message: string): void =>
      void problems.push({ path: `rate_limits[${i}]`, message, severity: "error" });
    if (stage !== undefined || disableKey !== "")
      refuse("'stage' field and 'disable_key' field are not supported");
    if (limit !== undefined) refuse("'limit' field is not supported");
  }
  const settings = compileSettings(config, problems);
  const { localCluster = "" } = worker.localInfo;
  if (config.localClusterRateLimit !== undefined) {
    const refuse = (message: string): void =>
      void problems.push({ path: "local_cluster_rate_limit", message, severity: "error" });
    if (config.localRateLimitPerDownstreamConnection)
      refuse("is set and local_rate_limit_per_downstream_connection is set to true");
    if (localCluster === "") refuse("is set but cluster_manager.local_cluster_name is not");
  }
  if (problems.length > 0) return { ok: false, problems };
  const code = config.status?.code ?? 0;
  // A bucket that is configured otherwise is another bucket; but those for any value are too many to leave behind.
  const shape = settings.hasDynamic ? "" : JSON.stringify([settings.usual, [...settings.descriptors]]);
  const name = `http local_ratelimit ${context.place} ${shape}`;
  return {
    ok: true,
    value: Object.freeze({
      stats: createLocalRateLimitStats(worker.stats, config.statPrefix),
      runtime,
      enabled,
      enforced,
      status: code >= 400 ? code : 429,
      grpcStatus: config.rateLimitedAsResourceExhausted ? RESOURCE_EXHAUSTED : undefined,
      requestHeaders,
      responseHeaders,
      hasDescriptors: settings.descriptors.size > 0,
      rateLimits: rateLimits?.empty === true ? undefined : rateLimits,
      stage: config.stage,
      virtualHostLimits: VIRTUAL_HOST_LIMITS[config.vhRateLimits],
      xRateLimitHeaders: config.enableXRatelimitHeaders === XRateLimitHeadersRFCVersion.DRAFT_VERSION_03,
      retryAfterHeader: config.enableRetryAfterHeader,
      perConnection: config.localRateLimitPerDownstreamConnection,
      limiter: new LocalLimiter(settings, (own) => worker.shared.number(`${name} ${own}`, 1), clock),
      tokensPerHit:
        config.localClusterRateLimit === undefined
          ? undefined
          : () => Math.max(1, worker.clusters.get(localCluster)?.hostCount ?? 1),
      newLimiter: () => new LocalLimiter(settings, () => new LocalNumber(1), clock),
    }),
  };
}

const VIRTUAL_HOST_LIMITS = {
  [VhRateLimitsOptions.OVERRIDE]: "override",
  [VhRateLimitsOptions.INCLUDE]: "include",
  [VhRateLimitsOptions.IGNORE]: "ignore",
} as const;

function compileSettings(config: LocalRateLimit, problems: Problem[]): LimiterSettings {
  const refuse = (path: string, message: string): void =>
    void problems.push({ path, message, severity: "error" });
  let hasDynamic = false;
  const descriptors = new Map<string, DescriptorSettings>();
  const dynamicMax = config.maxDynamicDescriptors ?? DYNAMIC_USUAL;
  for (const [i, { entries, tokenBucket, shadowMode }] of config.descriptors.entries()) {
    const path = `descriptors[${i}]`;
    const bucket = settingsOf(tokenBucket);
    if (bucket.maxTokens !== 0 && bucket.fillIntervalMs < FILL_INTERVAL_MS_MIN) {
      const message = "local rate limit descriptor token bucket fill timer must be >= 50ms";
      refuse(`${path}.token_bucket.fill_interval`, message);
    }
    const wanted = entries.map(({ key, value }) => ({
      key: toBinaryString(key),
      value: toBinaryString(value),
    }));
    const key = descriptorKey(wanted);
    if (descriptors.has(key)) refuse(path, "duplicate descriptor in the local rate descriptor");
    hasDynamic ||= wanted.some(({ value }) => value === "");
    descriptors.set(key, { entries: wanted, bucket, shadow: shadowMode });
  }
  if (hasDynamic && dynamicMax > DYNAMIC_MAX)
    refuse("max_dynamic_descriptors", `more than ${DYNAMIC_MAX} is not implemented`);
  return {
    usual: usualBucket(config.tokenBucket, refuse),
    descriptors,
    hasDynamic,
    dynamicMax,
    alwaysCountUsual: config.alwaysConsumeDefaultTokenBucket ?? true,
  };
}

function usualBucket(
  bucket: TokenBucket | undefined,
  refuse: (path: string, message: string) => void,
): LimiterSettings["usual"] {
  const settings = settingsOf(bucket);
  if (settings.fillIntervalMs <= 0) return undefined;
  if (settings.maxTokens === 0) return "deny";
  if (settings.fillIntervalMs < FILL_INTERVAL_MS_MIN)
    refuse("token_bucket.fill_interval", "local rate limit token bucket fill timer must be >= 50ms");
  return settings;
}

function settingsOf(bucket: TokenBucket | undefined): TokenBucketSettings {
  return {
    maxTokens: bucket?.maxTokens ?? 0,
    tokensPerFill: bucket?.tokensPerFill ?? 1,
    fillIntervalMs: durationMs(bucket?.fillInterval, 0),
  };
}
