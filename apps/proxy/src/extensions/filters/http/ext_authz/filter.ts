import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
} from "@sluice/extension-api";
import type {
  ExtAuthz,
  ExtAuthzPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import type { HeaderChange, Verdict } from "../../../../authorization/verdict.ts";
import { INTERNAL_RESPONSE } from "../../../../cluster/response-figures.ts";
import type { ClusterInfo } from "../../../../cluster/thread-local-cluster.ts";
import type { FormatContext } from "../../../../formatter/format-context.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { streamOf } from "../../../../http-connection-manager/stream-of.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import { setQueryParameters } from "../../../../route/query-edits.ts";
import { ByteMeter } from "../../../../stream-info/byte-meter.ts";
import { changeHeader, changeRequest, isValid, setReplyHeaders } from "./change-headers.ts";
import { CheckRecord, ShadowDecision } from "./check-record.ts";
import {
  type BodySettings,
  compileExtAuthz,
  compileExtAuthzPerRoute,
  type ExtAuthzConfig,
  type ExtAuthzRouteConfig,
} from "./config.ts";
import { makeQuestion } from "./make-question.ts";

const METADATA = "envoy.filters.http.ext_authz";
const INVALID_STATUS = 500;

/**
 * "passing": nobody is or will be asked; "buffering": the body is waited for; "asking"; "done": there is a verdict, and if it did not let the
 * request go on, an answer.
 */
type State = "passing" | "buffering" | "asking" | "done";

class ExtAuthzFilter extends PassThroughFilter {
  private readonly config: ExtAuthzConfig;
  private state: State = "passing";
  private request: HeaderMap | undefined = undefined;
  private routeConfig: ExtAuthzRouteConfig | undefined = undefined;
  private body: BodySettings | undefined = undefined;
  /** Of the body, while it is waited for. */
  private bytes = 0;
  private info: ClusterInfo | undefined = undefined;
  private call: { cancel(): void } | undefined = undefined;
  private askedAtMs = 0;
  private meter: ByteMeter | undefined = undefined;
  private record: CheckRecord | undefined = undefined;
  private onResponse: readonly HeaderChange[] | undefined = undefined;

  constructor(config: ExtAuthzConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { config } = this;
    if (this.decoding.route() === undefined) return FilterHeadersStatus.Continue;
    this.routeConfig = this.decoding.perRouteConfig<ExtAuthzRouteConfig>();
    if (this.routeConfig?.disabled === true) return FilterHeadersStatus.Continue;
    this.request = headers;
    if (!this.isEnabled(headers)) {
      config.stats.disabled.inc();
      if (!config.denyAtDisable()) return FilterHeadersStatus.Continue;
      if (this.shadows("DENIED", config.statusOnError, [])) {
        config.stats.shadowDenied.inc();
        // As Envoy, which sets it ahead of the answer that it does not give.
        this.decoding.streamInfo.setResponseFlag(ResponseFlag.UnauthorizedExternalService);
        return FilterHeadersStatus.Continue;
      }
      this.reply(config.statusOnError, "", "ext_authz_error", []);
      return FilterHeadersStatus.StopIteration;
    }
    this.body = this.routeConfig?.body ?? config.body;
    const buffers = this.body !== undefined && this.routeConfig?.withoutBody !== true;
    if (buffers && !endStream && !isUpgrade(headers)) {
      this.state = "buffering";
      if (this.body?.partial === false) this.decoding.setDecoderBufferLimit(this.body.bytesMax);
      return FilterHeadersStatus.StopIteration;
    }
    return this.goesOn(headers, undefined)
      ? FilterHeadersStatus.Continue
      : FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  override decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    const { request, body } = this;
    if (this.state === "asking") return FilterDataStatus.StopIterationAndWatermark;
    if (this.state !== "buffering" || request === undefined || body === undefined)
      return FilterDataStatus.Continue;
    this.bytes += chunk.length;
    const { bytes } = this;
    // What is too long is answered as soon as it is buffered. As in Envoy, an HTTP/2 body may become so with its last frame.
    const tooLong = !body.partial && bytes > body.bytesMax && this.decoding.streamInfo.protocol !== "HTTP/2";
    const enough = endStream ? !tooLong : body.partial && bytes >= body.bytesMax;
    if (!enough) return FilterDataStatus.StopIterationAndBuffer;
    const before = this.decoding.decodingBuffer();
    const whole = before === undefined ? chunk : Buffer.concat([before, chunk]);
    return this.goesOn(request, whole)
      ? FilterDataStatus.Continue
      : FilterDataStatus.StopIterationAndWatermark;
  }

  override decodeTrailers(): FilterTrailersStatus {
    const { request } = this;
    if (this.state === "asking") return FilterTrailersStatus.StopIteration;
    if (this.state !== "buffering" || request === undefined) return FilterTrailersStatus.Continue;
    return this.goesOn(request, this.decoding.decodingBuffer())
      ? FilterTrailersStatus.Continue
      : FilterTrailersStatus.StopIteration;
  }

  override encodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const changes = this.onResponse;
    this.onResponse = undefined;
    if (changes === undefined || changes.length === 0) return FilterHeadersStatus.Continue;
    for (const change of changes) changeHeader(headers, change, change.name.toLowerCase(), "response");
    if (!this.config.enforcesResponseLimits || !this.exceedsLimits(headers))
      return FilterHeadersStatus.Continue;
    this.config.stats.responseHeaderLimitsReached.inc();
    this.encoding.streamInfo.setResponseFlag(ResponseFlag.UnauthorizedExternalService);
    this.encoding.sendLocalReply(INVALID_STATUS, "", "ext_authz_invalid");
    return FilterHeadersStatus.StopIteration;
  }

  override onDestroy(): void {
    if (this.state !== "asking") return;
    this.state = "done";
    this.call?.cancel();
  }

  /** A response from upstream is longer than one from its cluster may be; those of this proxy may be of any length. */
  private exceedsLimits(headers: HeaderMap): boolean {
    const { responseCodeDetails, upstreamProtocol } = this.encoding.streamInfo;
    const cluster = streamOf(this.decoding).route()?.clusterName ?? "";
    const info = this.config.worker.clusters.get(cluster)?.info;
    const limits = upstreamProtocol === "HTTP/2" ? info?.http2 : info?.http1;
    if (responseCodeDetails !== "via_upstream" || limits === undefined) return false;
    return headers.size > limits.headersMax || headers.byteSize > limits.headBytesMax;
  }

  private isEnabled(headers: HeaderMap): boolean {
    const { enabled, enabledMetadata, worker } = this.config;
    const { streamInfo, random } = this.decoding;
    const context = {
      runtime: worker.runtime,
      dynamicMetadata: (filter: string) => streamInfo.getDynamicMetadata(filter),
    };
    if (enabled !== undefined && !enabled.matches(headers, random.uint32(), context)) return false;
    return enabledMetadata === undefined || enabledMetadata.matches(headers, 0, context);
  }

  /** Asks the service; false: there is no verdict yet, or the request has been answered. */
  private goesOn(headers: HeaderMap, body: Uint8Array | undefined): boolean {
    const { config } = this;
    const question = makeQuestion(config, headers, body, this.body?.bytesMax ?? 0, this.decoding);
    this.beginRecord();
    this.info = config.worker.clusters.get(streamOf(this.decoding).route()?.clusterName ?? "")?.info;
    this.state = "asking";
    this.askedAtMs = this.decoding.clock.nowMs();
    let immediate: Verdict | undefined;
    let returned = false;
    const authorizer = this.routeConfig?.authorizer ?? config.authorizer;
    this.call = authorizer.check(
      question,
      this.context(),
      (verdict) => {
        this.call = undefined;
        this.state = "done";
        if (!returned) immediate = verdict;
        else if (this.passes(verdict, headers)) this.decoding.continueDecoding();
      },
      this.meter,
    );
    returned = true;
    return immediate !== undefined && this.passes(immediate, headers);
  }

  private beginRecord(): void {
    const { emitsStats, filterMetadata, stats } = this.config;
    if (!emitsStats && filterMetadata === undefined) return;
    const { filterConfigName: name, streamInfo } = this.decoding;
    if (streamInfo.filterState.has(name)) {
      stats.filterStateNameCollision.inc();
      return;
    }
    const record = new CheckRecord(filterMetadata);
    streamInfo.filterState.set(name, record);
    if (!emitsStats) return;
    this.record = record;
    this.meter = new ByteMeter();
  }

  /** Counts what the service said and does it; false: the request has been answered. */
  private passes(verdict: Verdict, headers: HeaderMap): boolean {
    const { config } = this;
    const tookMs = this.decoding.clock.nowMs() - this.askedAtMs;
    this.record?.note(tookMs, this.meter);
    if (verdict.hasInvalidActions && config.validateMutations) return this.refuseVerdict();
    this.takeMetadata(verdict, tookMs);
    switch (verdict.kind) {
      case "ok":
        return this.allow(verdict, headers);
      case "denied":
        return this.deny(verdict);
      case "error":
        return this.fail(verdict, headers);
    }
  }

  private takeMetadata({ dynamicMetadata, kind }: Verdict, tookMs: number): void {
    const { stats, takesDynamicMetadata } = this.config;
    if (dynamicMetadata === undefined || Object.keys(dynamicMetadata).length === 0) return;
    if (!takesDynamicMetadata) {
      stats.ignoredDynamicMetadata.inc();
      return;
    }
    this.decoding.streamInfo.setDynamicMetadata(METADATA, {
      ...dynamicMetadata,
      ...(kind === "ok" && { ext_authz_duration: Math.floor(tookMs) }),
    });
  }

  private allow(verdict: Verdict, headers: HeaderMap): boolean {
    const { config } = this;
    const { requestHeaders, headersToRemove, responseHeaders } = verdict;
    const { queryParametersToSet: set, queryParametersToRemove: remove } = verdict;
    if (config.clearRouteCache && this.clearsRoute(verdict)) this.decoding.clearRouteCache();
    if (!changeRequest(headers, requestHeaders, headersToRemove, config)) return this.refuseVerdict();
    if (config.validateMutations && !(responseHeaders.every(isValid) && set.every(isEncoded)))
      return this.refuseVerdict();
    this.onResponse = responseHeaders;
    setQueryParameters(headers, set, remove);
    const { headersMax, headBytesMax } = streamOf(this.decoding).headLimits;
    if (headers.size > headersMax || headers.byteSize > headBytesMax) {
      config.stats.requestHeaderLimitsReached.inc();
      return this.refuseVerdict();
    }
    config.clusterStats.count(this.info, "ok");
    config.stats.ok.inc();
    this.shadows("OK", 200, []);
    return true;
  }

  private clearsRoute(verdict: Verdict): boolean {
    const { clearingHeaders } = this.config;
    const { requestHeaders, headersToRemove } = verdict;
    if (verdict.queryParametersToSet.length + verdict.queryParametersToRemove.length > 0) return true;
    // As Envoy, where lines that are added are no reason.
    const changed = requestHeaders.filter(({ action }) => action !== "add");
    const names = [...changed.map(({ name }) => name), ...headersToRemove];
    return clearingHeaders === undefined
      ? names.length > 0
      : names.some((name) => clearingHeaders.has(name.toLowerCase()));
  }

  private deny(verdict: Verdict): boolean {
    const { config, info } = this;
    config.stats.denied.inc();
    config.clusterStats.count(info, "denied");
    if (config.chargesCluster) info?.stats.responses.countKind(verdict.status, INTERNAL_RESPONSE);
    if (this.shadows("DENIED", verdict.status, verdict.replyHeaders)) {
      config.stats.shadowDenied.inc();
      return true;
    }
    if (config.validateMutations && !verdict.replyHeaders.every(isValid)) return this.refuseVerdict();
    return this.reply(verdict.status, this.cut(verdict.body), "ext_authz_denied", verdict.replyHeaders);
  }

  private fail(verdict: Verdict, headers: HeaderMap): boolean {
    const { config } = this;
    config.clusterStats.count(this.info, "error");
    config.stats.error.inc();
    const status = verdict.status || config.statusOnError;
    if (this.shadows("ERROR", status, [])) {
      config.stats.shadowError.inc();
      return true;
    }
    if (config.failureModeAllow) {
      config.stats.failureModeAllowed.inc();
      config.clusterStats.count(this.info, "failure_mode_allowed");
      if (config.failureModeHeader) headers.append(EnvoyHeader.authFailureModeAllowed, "true");
      return true;
    }
    if (config.validateMutations && !verdict.replyHeaders.every(isValid))
      return this.reply(config.statusOnError, "", "ext_authz_error", []);
    return this.reply(status, this.cut(verdict.body), "ext_authz_error", verdict.replyHeaders);
  }

  /** The service's answer is not to be used. */
  private refuseVerdict(): boolean {
    this.config.clusterStats.count(this.info, "invalid");
    this.config.stats.invalid.inc();
    return this.reply(INVALID_STATUS, "", "ext_authz_invalid", []);
  }

  private reply(status: number, body: string, details: string, headers: Verdict["replyHeaders"]): false {
    this.decoding.streamInfo.setResponseFlag(ResponseFlag.UnauthorizedExternalService);
    this.decoding.sendLocalReply(status, body, details, (reply) => setReplyHeaders(reply, headers));
    return false;
  }

  private cut(body: string): string {
    const { deniedBodyBytesMax } = this.config;
    return deniedBodyBytesMax > 0 ? body.slice(0, deniedBodyBytesMax) : body;
  }

  /** In shadow mode: true, and what would have been done is known to others. */
  private shadows(
    result: "OK" | "DENIED" | "ERROR",
    status: number,
    headers: Verdict["replyHeaders"],
  ): boolean {
    if (!this.config.shadowMode) return false;
    const { filterState } = this.decoding.streamInfo;
    filterState.set(`${this.decoding.filterConfigName}.shadow`, new ShadowDecision(result, status, headers));
    return true;
  }

  private context(): FormatContext {
    const { streamInfo, connection } = this.decoding;
    return {
      request: this.request,
      response: undefined,
      responseTrailers: undefined,
      streamInfo,
      connection,
    };
  }
}

/** Its body is no message that could be waited for. */
function isUpgrade(headers: HeaderMap): boolean {
  const upgrade = headers.get("upgrade")?.toLowerCase();
  return upgrade === "websocket" || (headers.get(":method") === "CONNECT" && headers.has(":protocol"));
}

function isEncoded([key, value]: readonly [string, string]): boolean {
  return /^[\w\-.~%+]*$/.test(key) && /^[\w\-.~%+]*$/.test(value);
}

export const extAuthzFactory: HttpFilterFactory<ExtAuthzConfig, ExtAuthzRouteConfig> = {
  terminal: false,
  compile: (message, context) => compileExtAuthz(asConfig(message), asHttpContext(context)),
  compilePerRoute: (message, context) =>
    compileExtAuthzPerRoute(asRouteConfig(message), asHttpContext(context)),
  create: (config) => new ExtAuthzFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): ExtAuthz {
  return message as ExtAuthz;
}
function asRouteConfig(message: unknown): ExtAuthzPerRoute {
  return message as ExtAuthzPerRoute;
}
