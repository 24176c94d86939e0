import {
  type ConnectionInfo,
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
  refuse,
} from "@sluice/extension-api";
import type { LocalRateLimit } from "@sluice/xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.js";
import type { FormatContext } from "../../../../formatter/format-context.ts";
import { streamOf } from "../../../../http-connection-manager/stream-of.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { formatSources } from "../../../../http-filter/format-sources.ts";
import { applyHeaderMutations } from "../../../../route/header-mutations.ts";
import type { DescriptorSource, RateLimitDescriptor } from "../../../../route/rate-limit-policy.ts";
import { compileLocalRateLimit, type LocalRateLimitConfig } from "./config.ts";
import type { LimitDecision, LocalLimiter } from "./limiter.ts";

/** A connection has one limiter, whatever configurations its requests meet: that of the first. */
const CONNECTION_LIMITERS = new WeakMap<ConnectionInfo, LocalLimiter>();

class LocalRateLimitFilter extends PassThroughFilter {
  private config: LocalRateLimitConfig;
  private request: HeaderMap | undefined = undefined;
  private decision: LimitDecision | undefined = undefined;

  constructor(config: LocalRateLimitConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const callbacks = this.decoding;
    this.request = headers;
    this.config = callbacks.perRouteConfig<LocalRateLimitConfig>() ?? this.config;
    const { config } = this;
    const { stats, runtime } = config;
    if (config.enabled?.matches(headers, callbacks.random.uint32(), { runtime }) !== true)
      return FilterHeadersStatus.Continue;
    stats.enabled.inc();
    const decision = this.limiter().decide(
      config.hasDescriptors ? this.descriptors(headers) : NONE,
      config.tokensPerHit?.() ?? 1,
    );
    this.decision = decision;
    if (decision.allowed) {
      stats.ok.inc();
      return FilterHeadersStatus.Continue;
    }
    stats.rateLimited.inc();
    if (decision.shadow) {
      stats.shadowMode.inc();
      return FilterHeadersStatus.Continue;
    }
    if (config.enforced?.matches(headers, callbacks.random.uint32(), { runtime }) !== true) {
      if (config.requestHeaders !== undefined)
        applyHeaderMutations(config.requestHeaders, headers, this.formatContext(undefined));
      return FilterHeadersStatus.Continue;
    }
    stats.enforced.inc();
    callbacks.sendLocalReply(
      config.status,
      "local_rate_limited",
      "local_rate_limited",
      (reply) => this.addReplyHeaders(reply, decision),
      config.grpcStatus,
      ResponseFlag.RateLimited,
    );
    return FilterHeadersStatus.StopIteration;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { bucket, xRateLimitHeaders = this.config.xRateLimitHeaders } = this.decision ?? NO_DECISION;
    if (bucket === undefined || !xRateLimitHeaders) return FilterHeadersStatus.Continue;
    headers.append("x-ratelimit-limit", String(bucket.maxTokens));
    headers.append("x-ratelimit-remaining", String(Math.floor(bucket.remaining())));
    headers.append("x-ratelimit-reset", String(Math.ceil(bucket.nextTokenMs() / 1000)));
    return FilterHeadersStatus.Continue;
  }

  private addReplyHeaders(reply: HeaderMap, { bucket }: LimitDecision): void {
    const { responseHeaders, retryAfterHeader, status } = this.config;
    if (responseHeaders !== undefined)
      applyHeaderMutations(responseHeaders, reply, this.formatContext(reply));
    if (!retryAfterHeader || status !== 429 || bucket === undefined || reply.has("retry-after")) return;
    reply.set("retry-after", String(Math.max(1, Math.ceil(bucket.nextTokenMs() / 1000))));
  }

  private limiter(): LocalLimiter {
    if (!this.config.perConnection) return this.config.limiter;
    const connection = streamOf(this.decoding).socketConnection;
    let limiter = CONNECTION_LIMITERS.get(connection);
    if (limiter === undefined) {
      limiter = this.config.newLimiter();
      CONNECTION_LIMITERS.set(connection, limiter);
    }
    return limiter;
  }

  private descriptors(request: HeaderMap): readonly RateLimitDescriptor[] {
    const route = streamOf(this.decoding).route();
    const source: DescriptorSource = { ...this.formatContext(undefined), request, route };
    const { rateLimits: own, stage, virtualHostLimits } = this.config;
    if (own !== undefined) return own.descriptorsFor(source, 0, false);
    if (route?.action.kind !== "forward") return NONE;
    const { rateLimits, virtualHostRateLimits: ofHost, includeVirtualHostRateLimits } = route.policies;
    const ofRoute = rateLimits?.localDescriptorsFor(source, stage) ?? NONE;
    const withHost =
      includeVirtualHostRateLimits ||
      virtualHostLimits === "include" ||
      (virtualHostLimits === "override" && (rateLimits?.empty ?? true));
    return withHost && ofHost !== undefined
      ? [...ofRoute, ...ofHost.localDescriptorsFor(source, stage)]
      : ofRoute;
  }

  private formatContext(response: HeaderMap | undefined): FormatContext {
    return {
      request: this.request,
      response,
      responseTrailers: undefined,
      ...formatSources(this.decoding),
    };
  }
}

const NONE: readonly RateLimitDescriptor[] = Object.freeze([]);
const NO_DECISION: Partial<LimitDecision> = Object.freeze({});

export const localRateLimitFactory: HttpFilterFactory<LocalRateLimitConfig, LocalRateLimitConfig> = {
  terminal: false,
  compile: (message, context) => compileLocalRateLimit(asConfig(message), asHttpContext(context)),
  compilePerRoute: (message, context) => {
    const config = asConfig(message);
    if (config.tokenBucket !== undefined) return compileLocalRateLimit(config, asHttpContext(context));
    const problem = "local rate limit token bucket must be set for per filter configs";
    return refuse("token_bucket", problem);
  },
  create: (config) => new LocalRateLimitFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): LocalRateLimit {
  return message as LocalRateLimit;
}
