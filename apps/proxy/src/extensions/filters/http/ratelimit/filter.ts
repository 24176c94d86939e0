import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
} from "@sluice/extension-api";
import { type Condition, toBinaryString } from "@sluice/matching";
import type {
  RateLimit,
  RateLimitPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit_pb.js";
import type { RateLimitResponse } from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { INTERNAL_RESPONSE } from "../../../../cluster/response-figures.ts";
import type { ClusterInfo } from "../../../../cluster/thread-local-cluster.ts";
import type { FormatContext } from "../../../../formatter/format-context.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { Headers } from "../../../../http/header-map.ts";
import { streamOf } from "../../../../http-connection-manager/stream-of.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { formatSources } from "../../../../http-filter/format-sources.ts";
import { applyHeaderMutations } from "../../../../route/header-mutations.ts";
import type {
  DescriptorSource,
  RateLimitDescriptor,
  RateLimitPolicy,
} from "../../../../route/rate-limit-policy.ts";
import type { RouteEntry } from "../../../../route/route-entry.ts";
import {
  compileRateLimit,
  compileRateLimitPerRoute,
  type RateLimitConfig,
  type RateLimitRouteConfig,
} from "./config.ts";
import { addLimitHeaders, retryAfterSeconds } from "./limit-headers.ts";
import { askService, type Question, type Verdict } from "./rate-limit-service.ts";

/** The filter state object that says how many hits a request counts. */
const HITS_ADDEND = "envoy.ratelimit.hits_addend";
const NOBODY = (): void => {};

type State = "not asked" | "asking" | "done";

class RateLimitFilter extends PassThroughFilter {
  private readonly config: RateLimitConfig;
  private state: State = "not asked";
  private request: HeaderMap | undefined = undefined;
  private route: RouteEntry | undefined = undefined;
  private info: ClusterInfo | undefined = undefined;
  private routeConfig: RateLimitRouteConfig | undefined = undefined;
  private call: { cancel(): void } | undefined = undefined;
  /** For the response, wherever it comes from. */
  private added: Headers | undefined = undefined;

  constructor(config: RateLimitConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { config } = this;
    if (!this.decides(config.enabled, "ratelimit.http_filter_enabled")) return FilterHeadersStatus.Continue;
    this.request = headers;
    const internal = headers.get(EnvoyHeader.internal) === "true";
    if (config.requestType !== "both" && (config.requestType === "internal") !== internal)
      return FilterHeadersStatus.Continue;
    this.route = streamOf(this.decoding).route();
    this.info = config.worker.clusters.get(this.route?.clusterName ?? "")?.info;
    this.routeConfig = this.decoding.perRouteConfig<RateLimitRouteConfig>();
    const descriptors = this.descriptors(headers, false);
    if (descriptors.length === 0) return FilterHeadersStatus.Continue;
    this.state = "asking";
    let immediate: Verdict | undefined;
    let asking = true;
    this.call = askService(config.service, this.question(descriptors), this.context(undefined), (verdict) => {
      this.call = undefined;
      this.state = "done";
      if (asking) immediate = verdict;
      else if (this.passes(verdict)) this.decoding.continueDecoding();
    });
    asking = false;
    if (immediate === undefined) return FilterHeadersStatus.StopIteration;
    this.call = undefined;
    return this.passes(immediate) ? FilterHeadersStatus.Continue : FilterHeadersStatus.StopIteration;
  }

  override decodeData(): FilterDataStatus {
    return this.state === "asking" ? FilterDataStatus.StopIterationAndWatermark : FilterDataStatus.Continue;
  }

  override decodeTrailers(): FilterTrailersStatus {
    return this.state === "asking" ? FilterTrailersStatus.StopIteration : FilterTrailersStatus.Continue;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    this.addTo(headers);
    return FilterHeadersStatus.Continue;
  }

  override onDestroy(): void {
    if (this.state === "asking") {
      this.call?.cancel();
      return;
    }
    if (this.request === undefined) return;
    const descriptors = this.descriptors(this.request, true);
    if (descriptors.length > 0)
      askService(this.config.service, this.question(descriptors), this.context(undefined), NOBODY);
  }

  /** Counts what the service said and answers whether the request goes on; else it has been answered. */
  private passes(verdict: Verdict): boolean {
    const { config, info } = this;
    const stats = info === undefined ? undefined : config.stats.of(info);
    if (verdict.kind === "error") {
      stats?.error.inc();
      const fails =
        config.failing === undefined ? config.failsWithService : this.decides(config.failing, undefined);
      if (!fails) {
        stats?.failureModeAllowed.inc();
        return true;
      }
      this.decoding.streamInfo.setResponseFlag(ResponseFlag.RateLimitServiceError);
      this.decoding.sendLocalReply(config.statusOnError, "", "rate_limiter_error");
      return false;
    }
    const { response } = verdict;
    if (response.dynamicMetadata !== undefined && Object.keys(response.dynamicMetadata).length > 0)
      this.decoding.streamInfo.setDynamicMetadata(config.metadataNamespace, response.dynamicMetadata);
    const limited = verdict.kind === "over limit";
    this.collectHeaders(response, limited);
    if (!limited) {
      stats?.ok.inc();
      this.addToRequest(response);
      return true;
    }
    stats?.overLimit.inc();
    info?.stats.responses.countKind(config.status, INTERNAL_RESPONSE);
    if (!this.decides(config.enforced, "ratelimit.http_filter_enforcing")) {
      this.addToRequest(response);
      return true;
    }
    this.decoding.streamInfo.setResponseFlag(ResponseFlag.RateLimited);
    this.decoding.sendLocalReply(
      config.status,
      Buffer.from(response.rawBody).toString("latin1"),
      "request_rate_limited",
      (reply) => {
        if (this.added?.has("content-type") === true) reply.remove("content-type");
        this.addTo(reply);
        if (config.responseHeaders !== undefined)
          applyHeaderMutations(config.responseHeaders, reply, this.context(reply));
      },
      config.grpcStatus,
    );
    return false;
  }

  private collectHeaders(response: RateLimitResponse, limited: boolean): void {
    const { limitHeaders, limitedHeader, retryAfterHeader } = this.config;
    const added = new Headers([]);
    for (const { key, value } of response.responseHeadersToAdd)
      added.append(toBinaryString(key).toLowerCase(), toBinaryString(value));
    if (limited && limitedHeader) added.set(EnvoyHeader.ratelimited, "true");
    if (limitHeaders) addLimitHeaders(added, response.statuses);
    const retryAfter = limited && retryAfterHeader ? retryAfterSeconds(response.statuses) : undefined;
    if (retryAfter !== undefined) added.set("retry-after", String(retryAfter));
    this.added = added;
  }

  /** Once. */
  private addTo(headers: HeaderMap): void {
    this.added?.forEach((name, value) => {
      headers.append(name, value);
    });
    this.added = undefined;
  }

  private addToRequest({ requestHeadersToAdd }: RateLimitResponse): void {
    for (const { key, value } of requestHeadersToAdd)
      this.request?.append(toBinaryString(key).toLowerCase(), toBinaryString(value));
  }

  private question(descriptors: readonly RateLimitDescriptor[]): Question {
    const hits = Number(this.decoding.streamInfo.filterState.get(HITS_ADDEND) ?? 0);
    return { domain: this.routeConfig?.domain || this.config.domain, descriptors, hitsAddend: hits };
  }

  private descriptors(request: HeaderMap, onStreamDone: boolean): readonly RateLimitDescriptor[] {
    const { route } = this;
    const source: DescriptorSource = { ...this.context(undefined), request, route };
    const { stage } = this.config;
    if (route?.action.kind !== "forward" || this.info === undefined) return NONE;
    const own = this.routeConfig?.rateLimits ?? this.config.rateLimits;
    if (own !== undefined) return own.descriptorsFor(source, 0, onStreamDone);
    const { rateLimits, virtualHostRateLimits: ofHost, includeVirtualHostRateLimits } = route.policies;
    const of = (policy: RateLimitPolicy | undefined): readonly RateLimitDescriptor[] =>
      policy?.descriptorsFor(source, stage, onStreamDone) ?? NONE;
    const wanted = this.routeConfig?.virtualHostLimits ?? "override";
    const withHost =
      includeVirtualHostRateLimits ||
      wanted === "include" ||
      (wanted === "override" && (rateLimits?.empty ?? true));
    return withHost ? [...of(rateLimits), ...of(ofHost)] : of(rateLimits);
  }

  private decides(share: Condition | undefined, runtimeKey: string | undefined): boolean {
    const { runtime } = this.config.worker;
    const random = this.decoding.random.uint32();
    if (share !== undefined) return share.matches(this.request ?? NO_HEADERS, random, { runtime });
    return runtimeKey === undefined || runtime.featureEnabled(runtimeKey, 100, 100, random);
  }

  private context(response: HeaderMap | undefined): FormatContext {
    return {
      request: this.request,
      response,
      responseTrailers: undefined,
      ...formatSources(this.decoding),
    };
  }
}

const NONE: readonly RateLimitDescriptor[] = Object.freeze([]);
const NO_HEADERS = new Headers([]);
export const rateLimitFactory: HttpFilterFactory<RateLimitConfig, RateLimitRouteConfig> = {
  terminal: false,
  compile: (message, context) => compileRateLimit(asConfig(message), asHttpContext(context)),
  compilePerRoute: (message, context) =>
    compileRateLimitPerRoute(asRouteConfig(message), asHttpContext(context)),
  create: (config) => new RateLimitFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): RateLimit {
  return message as RateLimit;
}
function asRouteConfig(message: unknown): RateLimitPerRoute {
  return message as RateLimitPerRoute;
}
