import { type Compiled, gatherProblems, type Problem, refuse } from "@sluice/extension-api";
import { type Condition, compileRuntimeFraction } from "@sluice/matching";
import type { RuntimeFractionalPercent } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { ApiVersion } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  RateLimit_XRateLimitHeadersRFCVersion as HeadersVersion,
  type RateLimit,
  type RateLimitPerRoute,
  RateLimitPerRoute_VhRateLimitsOptions as VirtualHostLimits,
} from "@sluice/xds/gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit_pb.js";
import { durationMs } from "../../../../config-message/duration-ms.ts";
import { NO_V2 } from "../../../../config-message/refusal-words.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileHeaderMutations, type HeaderMutations } from "../../../../route/header-mutations.ts";
import { compileRateLimits, type RateLimitPolicy } from "../../../../route/rate-limit-policy.ts";
import { compileUnaryService, type UnaryService } from "../../../../upstream/unary-service.ts";
import { SHOULD_RATE_LIMIT } from "./rate-limit-service.ts";
import { RateLimitStatsByCluster } from "./stats.ts";

export interface RateLimitConfig {
  readonly worker: HttpFactoryContext["worker"];
  readonly stats: RateLimitStatsByCluster;
  readonly service: UnaryService;
  readonly domain: string;
  readonly stage: number;
  readonly requestType: "internal" | "external" | "both";
  /** Undefined: the runtime keys `ratelimit.http_filter_enabled` and `…_enforcing` decide, all by default. */
  readonly enabled: Condition | undefined;
  readonly enforced: Condition | undefined;
  /** Share of requests that fail with the service; undefined: `failsWithService` decides. */
  readonly failing: Condition | undefined;
  readonly failsWithService: boolean;
  readonly status: number;
  readonly statusOnError: number;
  readonly grpcStatus: number | undefined;
  readonly responseHeaders: HeaderMutations | undefined;
  readonly limitHeaders: boolean;
  readonly retryAfterHeader: boolean;
  readonly limitedHeader: boolean;
  /** The filter's own; undefined: those of the route and its virtual host. */
  readonly rateLimits: RateLimitPolicy | undefined;
  readonly metadataNamespace: string;
}

export interface RateLimitRouteConfig {
  readonly virtualHostLimits: "override" | "include" | "ignore";
  /** In place of all others; undefined: none. */
  readonly rateLimits: RateLimitPolicy | undefined;
  /** "": the filter's. */
  readonly domain: string;
}

const TIMEOUT_MS = 20;
const STAGE_MAX = 10;
const RESOURCE_EXHAUSTED = 8;
const METADATA = "envoy.filters.http.ratelimit";

export function compileRateLimit(
  config: RateLimit,
  { worker }: HttpFactoryContext,
): Compiled<RateLimitConfig> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const add = (path: string, message: string): void =>
    void problems.push({ path, message, severity: "error" });
  const fraction = (share: RuntimeFractionalPercent | undefined, path: string): Condition | undefined =>
    share === undefined ? undefined : take(compileRuntimeFraction(share, path));
  const { rateLimitService } = config;
  if (rateLimitService?.transportApiVersion === ApiVersion.V2)
    add("rate_limit_service.transport_api_version", NO_V2);
  const timeoutMs = durationMs(config.timeout, TIMEOUT_MS);
  const service = take(
    compileUnaryService(
      rateLimitService?.grpcService,
      "rate_limit_service.grpc_service",
      { path: SHOULD_RATE_LIMIT, timeoutMs },
      worker,
    ),
  );
  if (config.stage > STAGE_MAX) add("stage", `must be ${STAGE_MAX} or less`);
  const requestType = REQUEST_TYPES.find((type) => type === (config.requestType || "both"));
  const responseHeaders = take(
    compileHeaderMutations(config.responseHeadersToAdd, [], "", "response_headers"),
  );
  const rateLimits = take(compileOwnLimits(config.rateLimits, worker));
  const enabled = fraction(config.filterEnabled, "filter_enabled");
  const enforced = fraction(config.filterEnforced, "filter_enforced");
  const failing = fraction(config.failureModeDenyPercent, "failure_mode_deny_percent");
  if (problems.length > 0 || service === undefined) return { ok: false, problems };
  const status = config.rateLimitedStatus?.code ?? 0;
  const statusOnError = config.statusOnError?.code ?? 0;
  return {
    ok: true,
    value: Object.freeze({
      worker,
      stats: new RateLimitStatsByCluster(worker.stats, config.statPrefix),
      service,
      domain: config.domain,
      stage: config.stage,
      requestType: requestType ?? "both",
      enabled,
      enforced,
      failing,
      failsWithService: config.failureModeDeny,
      status: status >= 400 ? status : 429,
      statusOnError: statusOnError >= 100 && statusOnError <= 511 ? statusOnError : 500,
      grpcStatus: config.rateLimitedAsResourceExhausted ? RESOURCE_EXHAUSTED : undefined,
      responseHeaders,
      limitHeaders: config.enableXRatelimitHeaders === HeadersVersion.DRAFT_VERSION_03,
      retryAfterHeader: config.enableRetryAfterHeader,
      limitedHeader: !config.disableXEnvoyRatelimitedHeader,
      rateLimits: rateLimits?.empty === true ? undefined : rateLimits,
      metadataNamespace: config.metadataNamespace === "" ? METADATA : config.metadataNamespace,
    }),
  };
}

export function compileRateLimitPerRoute(
  config: RateLimitPerRoute,
  { worker }: HttpFactoryContext,
): Compiled<RateLimitRouteConfig> {
  const rateLimits = compileOwnLimits(config.rateLimits, worker);
  if (!rateLimits.ok) return rateLimits;
  return {
    ok: true,
    value: Object.freeze({
      virtualHostLimits: VIRTUAL_HOST_LIMITS[config.vhRateLimits],
      rateLimits: rateLimits.value.empty ? undefined : rateLimits.value,
      domain: config.domain,
    }),
  };
}

/** `rate_limits` that stand in the filter's own configuration: they have no stages and cannot be turned off. */
function compileOwnLimits(
  limits: RateLimit["rateLimits"],
  worker: HttpFactoryContext["worker"],
): Compiled<RateLimitPolicy> {
  for (const [i, { stage, disableKey }] of limits.entries()) {
    if (stage !== undefined || disableKey !== "")
      return refuse(`rate_limits[${i}]`, "'stage' field and 'disable_key' field are not supported");
  }
  return compileRateLimits(limits, "rate_limits", worker, "filter");
}

const REQUEST_TYPES = ["internal", "external", "both"] as const;
const VIRTUAL_HOST_LIMITS = {
  [VirtualHostLimits.OVERRIDE]: "override",
  [VirtualHostLimits.INCLUDE]: "include",
  [VirtualHostLimits.IGNORE]: "ignore",
} as const;
