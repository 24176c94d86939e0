import {
  type ConnectionInfo,
  type DecoderCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  ResponseFlag,
  type StreamDecoderFilter,
  type StreamInfo,
  type Timer,
  type WatermarkCallbacks,
} from "@sluice/extension-api";
import type { Router } from "@sluice/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import type {
  Host,
  LoadBalancerContext,
  ThreadLocalCluster,
} from "../../../../cluster/thread-local-cluster.ts";
import type { StreamResetReason } from "../../../../http/codec.ts";
import { asHeaders, type Headers } from "../../../../http/header-map.ts";
import type { HttpStream } from "../../../../http/http-stream.ts";
import { streamOf } from "../../../../http/stream-of.ts";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../../load-balancer/metadata-match.ts";
import {
  backOffMs,
  parseRetryOn,
  type RetryConfig,
  RetryOn,
  retriesResponse,
} from "../../../../route/retry-policy.ts";
import { replaceAuthority } from "../../../../route/rewrite-host.ts";
import {
  type ForwardAction,
  type RouteAction,
  type RouteEntry,
  type RouteStats,
  replacePath,
} from "../../../../route/route-entry.ts";
import type { ActiveSpan } from "../../../../tracing/tracer.ts";
import { httpPoolOf } from "../../../../upstream/host-pools.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { createRouterStats, type RouterStats } from "./stats.ts";
import { type TryOwner, UpstreamTry } from "./upstream-try.ts";

interface RouterConfig {
  readonly worker: WorkerContext;
  readonly stats: RouterStats;
  readonly suppressEnvoyHeaders: boolean;
  readonly respectExpectedTimeout: boolean;
  /** False: nothing is counted by response code, and no time is recorded. */
  readonly dynamicStats: boolean;
}

const NO_RETRY: RetryConfig = {
  retryOn: 0,
  numRetries: 0,
  perTryTimeoutMs: 0,
  statusCodes: [],
  baseIntervalMs: 25,
  maxIntervalMs: 250,
};
const BODY_FOR_RETRY_BYTES_MAX = 1024 * 1024;

class RouterFilter implements StreamDecoderFilter, TryOwner, WatermarkCallbacks, LoadBalancerContext {
  highPriority = false;
  readonly hostSelectionAttempts = 1;
  requestHeaders: HeaderMap | undefined = undefined;
  private readonly config: RouterConfig;
  private callbacks!: DecoderCallbacks;
  private stream!: HttpStream;
  private route: RouteEntry | undefined = undefined;
  private forward: ForwardAction | undefined = undefined;
  private cluster: ThreadLocalCluster | undefined = undefined;
  private attempt: UpstreamTry | undefined = undefined;
  private headers: Headers | undefined = undefined;
  private headersOnly = false;
  /** The request body so far while a retry may want it again or the connection is not there yet. */
  private body: Uint8Array[] = [];
  private bodyBytes = 0;
  private bodyKept = true;
  private requestEnded = false;
  private trailers: Headers | undefined = undefined;
  private responseStarted = false;
  private paused = false;
  private downstreamAbove = false;
  private upstreamAbove = false;
  private retry: RetryConfig = NO_RETRY;
  private retriesLeft = 0;
  private attempts = 0;
  private retryHeld = false;
  private timeoutMs = 0;
  private timeout: Timer | undefined = undefined;
  private perTry: Timer | undefined = undefined;
  private backOff: Timer | undefined = undefined;
  private destroyed = false;
  private routeStats: RouteStats | undefined = undefined;
  private hashKnown = false;
  private hash: bigint | undefined = undefined;
  /** What the hash policy wants the client to keep. */
  private setCookies: string[] = [];
  /** The try's, with `spawn_upstream_span`. */
  private span: ActiveSpan | undefined = undefined;
  private upstreamStatus = 0;

  constructor(config: RouterConfig) {
    this.config = config;
  }

  setDecoderCallbacks(callbacks: DecoderCallbacks): void {
    this.callbacks = callbacks;
    this.stream = streamOf(callbacks);
  }

  computeHash(): bigint | undefined {
    const { route, requestHeaders } = this;
    const policy = route?.policies.hashPolicy;
    if (policy === undefined || requestHeaders === undefined) return undefined;
    // Once per request: tries share the hash, and the cookie that may have been made for it.
    if (!this.hashKnown) {
      this.hashKnown = true;
      this.hash = policy.hash(requestHeaders, this);
    }
    return this.hash;
  }
  addCookie(setCookie: string): void {
    this.setCookies.push(setCookie);
  }
  get connection(): ConnectionInfo {
    return this.stream.connection;
  }
  get streamInfo(): StreamInfo {
    return this.stream.streamInfo;
  }
  get metadataMatch(): MetadataMatch | undefined {
    return mergeMetadataMatch(
      this.route?.policies.metadataMatch,
      this.stream.streamInfo.getDynamicMetadata("envoy.lb"),
    );
  }
  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }

  decodeHeaders(map: HeaderMap, endStream: boolean): FilterHeadersStatus {
    const { callbacks, config, stream } = this;
    const { stats } = config;
    const headers = asHeaders(map);
    this.headers = headers;
    this.requestHeaders = headers;
    this.headersOnly = endStream;
    this.requestEnded = endStream;
    stats.rqTotal.inc();
    const route = stream.route();
    if (route === undefined) {
      stats.noRoute.inc();
      stream.streamInfo.setResponseFlag(ResponseFlag.NoRouteFound);
      callbacks.sendLocalReply(404, "", "route_not_found");
      return FilterHeadersStatus.StopIteration;
    }
    this.route = route;
    const { action } = route;
    if (action.kind !== "forward") {
      this.answer(action, route, headers);
      return FilterHeadersStatus.StopIteration;
    }
    const { forward } = action;
    this.forward = forward;
    this.highPriority = forward.highPriority;
    const clusterName = route.clusterName ?? "";
    const cluster = config.worker.clusters.get(clusterName);
    if (cluster === undefined) {
      stats.noCluster.inc();
      stream.streamInfo.setResponseFlag(ResponseFlag.NoClusterFound);
      callbacks.sendLocalReply(forward.clusterNotFoundStatus, "", "cluster_not_found");
      return FilterHeadersStatus.StopIteration;
    }
    this.cluster = cluster;
    stream.streamInfo.upstreamCluster = clusterName;
    const dropped = cluster.dropOverload?.();
    if (dropped !== undefined) {
      stream.streamInfo.setResponseFlag(dropped.flag);
      this.countFailure(503);
      callbacks.sendLocalReply(503, dropped.body, dropped.details, (out) => {
        if (!config.suppressEnvoyHeaders) out.append(dropped.header, "true");
      });
      return FilterHeadersStatus.StopIteration;
    }
    this.routeStats = route.statsFor(headers);
    this.readTimeouts(headers, forward);
    if (forward.includeAttemptCount) headers.set("x-envoy-attempt-count", "1");
    route.finalizeRequest(headers, stream, !config.suppressEnvoyHeaders);
    this.routeStats?.upstreamRqTotal.inc();
    this.bodyKept = true;
    this.startTry();
    return FilterHeadersStatus.StopIteration;
  }

  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (endStream) this.requestEnded = true;
    const attempt = this.attempt?.ready === true ? this.attempt : undefined;
    const keep = attempt === undefined || (this.retriesLeft > 0 && this.bodyKept && !this.responseStarted);
    if (keep) {
      this.body.push(Buffer.from(chunk));
      this.bodyBytes += chunk.length;
      if (attempt === undefined) {
        if (this.bodyBytes > this.callbacks.bufferLimitBytes()) this.pauseDownstream();
      } else if (this.bodyBytes > BODY_FOR_RETRY_BYTES_MAX) {
        this.bodyKept = false;
        this.body = [];
      }
    } else if (this.body.length > 0) {
      this.bodyKept = false;
      this.body = [];
    } else this.bodyKept = false;
    attempt?.encodeData(chunk, endStream);
    if (endStream) this.armTimeout();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.requestEnded = true;
    this.trailers = asHeaders(trailers);
    if (this.attempt?.ready === true) this.attempt.encodeTrailers(this.trailers);
    this.armTimeout();
    return FilterTrailersStatus.StopIteration;
  }

  onDestroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.attempt?.cancel();
    this.attempt = undefined;
    this.endSpan();
    this.timeout?.disarm();
    this.perTry?.disarm();
    this.backOff?.disarm();
    this.releaseRetry();
    this.body = [];
  }

  // ── tries ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  private startTry(): void {
    const { cluster, callbacks, stream, headers } = this;
    if (cluster === undefined || headers === undefined) return;
    const { info } = cluster;
    const host = cluster.chooseHost(this);
    if (host === undefined) {
      info.stats.upstreamCxNoneHealthy.inc();
      stream.streamInfo.setResponseFlag(ResponseFlag.NoHealthyUpstream);
      this.countFailure(503);
      callbacks.sendLocalReply(503, "no healthy upstream", "no_healthy_upstream");
      return;
    }
    this.attempts++;
    stream.streamInfo.upstreamRequestAttemptCount = this.attempts;
    stream.streamInfo.upstreamRemoteAddress = host.address;
    stream.streamInfo.upstreamHostName = host.hostname;
    const { forward } = this;
    if (forward?.autoHostRewrite === true && host.hostname !== "") {
      const keep = !this.config.suppressEnvoyHeaders;
      replaceAuthority(headers, host.hostname, forward.appendXForwardedHost, keep);
    }
    if (forward?.includeAttemptCount === true && this.attempts > 1) {
      headers.set("x-envoy-attempt-count", String(this.attempts));
    }
    const { clock, timers } = this.config.worker;
    const pool = httpPoolOf(info, host, this.highPriority, clock, timers);
    const attempt = new UpstreamTry(this, info, host, pool);
    attempt.startedAtMs = clock.nowMs();
    this.attempt = attempt;
    if (stream.span !== undefined) {
      this.upstreamStatus = 0;
      this.span = stream.span.startUpstreamSpan(
        info.statName,
        stream.streamInfo.startTimeMs + this.sinceStart(),
      );
      if (this.attempts > 1) this.span?.setTag("retry.count", String(this.attempts - 1));
    }
    if (this.requestEnded) this.armTimeout();
    pool.newStream(attempt);
  }

  onTryReady(attempt: UpstreamTry, connection: ConnectionInfo): undefined {
    const { headers, stream } = this;
    if (headers === undefined || this.destroyed) return attempt.cancel();
    const readyMs = this.config.worker.clock.nowMs() - attempt.startedAtMs;
    stream.streamInfo.onUpstreamReady(connection, attempt.protocol, readyMs);
    if (stream.streamInfo.schemeMatchesUpstream) {
      headers.set(":scheme", connection.tls === undefined ? "http" : "https");
    }
    stream.streamInfo.firstUpstreamTxByteMs = this.sinceStart();
    (this.span ?? stream.span)?.inject(headers);
    attempt.encodeHeaders(headers, this.headersOnly);
    if (!this.headersOnly) {
      const chunks = this.body;
      for (let i = 0; i < chunks.length; i++) {
        const last = this.requestEnded && this.trailers === undefined && i === chunks.length - 1;
        attempt.encodeData(chunks[i] ?? EMPTY, last);
      }
      if (this.trailers !== undefined) attempt.encodeTrailers(this.trailers);
      else if (this.requestEnded && chunks.length === 0) attempt.encodeData(EMPTY, true);
    }
    if (this.requestEnded) stream.streamInfo.lastUpstreamTxByteMs = this.sinceStart();
    if (this.retriesLeft === 0) this.body = [];
    if (!this.upstreamAbove) this.resumeDownstream();
    if (this.retry.perTryTimeoutMs > 0) {
      this.perTry ??= this.config.worker.timers.create(() => this.onPerTryTimeout());
      this.perTry.arm(this.retry.perTryTimeoutMs);
    }
  }

  onTry1xx(headers: Headers): void {
    if (headers.get(":status") === "100") this.callbacks.encode1xxHeaders(headers);
  }

  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): void {
    const { cluster, route, forward, stream, callbacks } = this;
    if (cluster === undefined || route === undefined || forward === undefined) return;
    const status = Number(headers.get(":status") ?? "0");
    this.upstreamStatus = status;
    this.perTry?.disarm();
    stream.streamInfo.firstUpstreamRxByteMs = this.sinceStart();
    (status >= 500 ? attempt.host.stats.rqError : attempt.host.stats.rqSuccess).inc();
    const { retryOn, statusCodes } = this.retry;
    if (
      retryOn !== 0 &&
      retriesResponse(retryOn, statusCodes, status, headers.has("x-envoy-ratelimited")) &&
      this.mayRetry()
    ) {
      cluster.info.stats.countRetried(status);
      if (!endStream) attempt.cancel();
      this.endSpan();
      this.attempt = undefined;
      this.scheduleRetry();
      return;
    }
    if (this.attempts > 1 && status < 500) {
      cluster.info.stats.upstreamRqRetrySuccess.inc();
      this.routeStats?.upstreamRqRetrySuccess.inc();
    }
    this.responseStarted = true;
    this.body = [];
    this.countResponse(status);
    if (!this.config.suppressEnvoyHeaders && this.requestEnded) {
      const elapsed = this.config.worker.clock.nowMs() - attempt.startedAtMs;
      headers.set("x-envoy-upstream-service-time", String(Math.floor(elapsed)));
    }
    if (forward.includeAttemptCountInResponse) headers.set("x-envoy-attempt-count", String(this.attempts));
    stream.response = headers;
    stream.streamInfo.responseCode = status;
    stream.streamInfo.responseCodeDetails = "via_upstream";
    route.finalizeResponse(headers, stream);
    for (const cookie of this.setCookies) headers.append("set-cookie", cookie);
    if (endStream) this.endResponse();
    else callbacks.setDownstreamWatermarkCallbacks(new DownstreamWatermarks(this));
    callbacks.encodeHeaders(headers, endStream, "via_upstream");
  }

  onTryData(chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.endResponse();
    this.callbacks.encodeData(chunk, endStream);
  }

  onTryTrailers(trailers: Headers): void {
    this.endResponse();
    this.callbacks.encodeTrailers(trailers);
  }

  onTryReset(attempt: UpstreamTry, reason: StreamResetReason, transportFailure: string): void {
    if (this.attempt !== undefined && this.attempt !== attempt) return;
    this.attempt = undefined;
    this.failTry(reason, transportFailure, attempt.ready);
  }

  private failTry(reason: StreamResetReason, transportFailure: string, requestSent: boolean): undefined {
    const { stream, callbacks } = this;
    if (this.destroyed) return;
    this.perTry?.disarm();
    const { streamInfo } = stream;
    streamInfo.upstreamTransportFailureReason = transportFailure;
    this.upstreamStatus = 0;
    if (!this.responseStarted && this.retriesReset(reason, requestSent) && this.mayRetry()) {
      this.endSpan();
      return this.scheduleRetry();
    }
    streamInfo.setResponseFlag(RESET_FLAGS[reason]);
    this.endSpan();
    if (this.responseStarted) {
      streamInfo.responseCodeDetails = `upstream_reset_after_response_started{${reason.replaceAll(" ", "_")}}`;
      this.config.stats.rqResetAfterDownstreamResponseStarted.inc();
      callbacks.resetStream();
      return;
    }
    const status = reason === "protocol error" ? 502 : 503;
    this.countFailure(status);
    const transport = transportFailure === "" || reason === "protocol error" ? "" : `|${transportFailure}`;
    callbacks.sendLocalReply(
      status,
      `upstream connect error or disconnect/reset before headers. ${this.attempts > 1 ? "retried and the latest " : ""}reset reason: ${reason}`,
      `upstream_reset_before_response_started{${reason}${transport}}`,
      reason === "overflow" ? (out) => out.append("x-envoy-overloaded", "true") : undefined,
    );
  }

  private retriesReset(reason: StreamResetReason, requestSent: boolean): boolean {
    const { retryOn } = this.retry;
    if (reason === "overflow") return false;
    if ((retryOn & (RetryOn.FiveXx | RetryOn.GatewayError | RetryOn.Reset)) !== 0) return true;
    if (!requestSent && (retryOn & RetryOn.ResetBeforeRequest) !== 0) return true;
    const connectFailed =
      reason === "remote connection failure" ||
      reason === "local connection failure" ||
      reason === "connection timeout";
    return connectFailed && (retryOn & RetryOn.ConnectFailure) !== 0;
  }

  private mayRetry(): boolean {
    if (this.retry.retryOn === 0 || this.responseStarted || !(this.bodyKept || this.headersOnly))
      return false;
    const stats = this.cluster?.info.stats;
    if (this.retriesLeft <= 0) {
      stats?.upstreamRqRetryLimitExceeded.inc();
      this.routeStats?.upstreamRqRetryLimitExceeded.inc();
      this.stream.streamInfo.setResponseFlag(ResponseFlag.UpstreamRetryLimitExceeded);
      return false;
    }
    const limits = this.cluster?.info.circuitBreakers[this.highPriority ? "high" : "default"];
    if (limits?.retries.tryAcquire() !== true) {
      stats?.upstreamRqRetryOverflow.inc();
      this.routeStats?.upstreamRqRetryOverflow.inc();
      return false;
    }
    this.retryHeld = true;
    return true;
  }

  private scheduleRetry(): undefined {
    const { worker } = this.config;
    this.retriesLeft--;
    this.cluster?.info.stats.upstreamRqRetry.inc();
    this.routeStats?.upstreamRqRetry.inc();
    this.cluster?.info.stats.upstreamRqRetryBackoffExponential.inc();
    this.backOff ??= worker.timers.create(() => {
      this.releaseRetry();
      this.startTry();
    });
    this.backOff.arm(backOffMs(this.retry, this.attempts, worker.random.uint32()));
  }

  // ── timeouts ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private readTimeouts(headers: Headers, forward: ForwardAction): void {
    this.timeoutMs = forward.timeoutMs;
    let retry = forward.retry ?? NO_RETRY;
    const timeout = takeInteger(headers, "x-envoy-upstream-rq-timeout-ms");
    if (timeout !== undefined) this.timeoutMs = timeout;
    const perTry = takeInteger(headers, "x-envoy-upstream-rq-per-try-timeout-ms");
    const retryOn = headers.get("x-envoy-retry-on");
    const maxRetries = takeInteger(headers, "x-envoy-max-retries");
    if (perTry !== undefined || retryOn !== undefined || maxRetries !== undefined) {
      headers.remove("x-envoy-retry-on");
      retry = {
        ...retry,
        retryOn: retry.retryOn | (retryOn === undefined ? 0 : parseRetryOn(retryOn)),
        numRetries: maxRetries ?? (retry === NO_RETRY ? 1 : retry.numRetries),
        perTryTimeoutMs: perTry ?? retry.perTryTimeoutMs,
      };
    }
    this.retry = retry;
    this.retriesLeft = retry.retryOn === 0 ? 0 : retry.numRetries;
    const expected = retry.perTryTimeoutMs > 0 ? retry.perTryTimeoutMs : this.timeoutMs;
    if (this.config.respectExpectedTimeout) {
      const wanted = Number(headers.get("x-envoy-expected-rq-timeout-ms"));
      if (Number.isInteger(wanted) && wanted > 0) this.timeoutMs = wanted;
    }
    if (expected > 0 && !this.config.suppressEnvoyHeaders) {
      headers.set("x-envoy-expected-rq-timeout-ms", expected === 15_000 ? "15000" : String(expected));
    }
  }

  /** The clock of the whole request starts when its last byte is there. */
  private armTimeout(): void {
    if (this.timeoutMs === 0 || this.timeout?.armed === true) return;
    this.timeout ??= this.config.worker.timers.create(() => this.onTimeout());
    this.timeout.arm(this.timeoutMs);
  }

  private onTimeout(): void {
    const { stream, cluster } = this;
    cluster?.info.stats.upstreamRqTimeout.inc();
    this.routeStats?.upstreamRqTimeout.inc();
    this.attempt?.host.stats.rqTimeout.inc();
    this.attempt?.cancel();
    this.attempt = undefined;
    stream.streamInfo.setResponseFlag(ResponseFlag.UpstreamRequestTimeout);
    this.endSpan();
    if (!this.responseStarted) this.countFailure(504);
    this.callbacks.sendLocalReply(
      504,
      "upstream request timeout",
      this.responseStarted ? "upstream_response_timeout" : "response_timeout",
    );
  }

  private onPerTryTimeout(): void {
    this.cluster?.info.stats.upstreamRqPerTryTimeout.inc();
    this.attempt?.cancel();
    this.attempt = undefined;
    if (
      (this.retry.retryOn & (RetryOn.FiveXx | RetryOn.GatewayError | RetryOn.Reset)) !== 0 &&
      this.mayRetry()
    ) {
      this.endSpan();
      this.scheduleRetry();
      return;
    }
    this.stream.streamInfo.setResponseFlag(ResponseFlag.UpstreamRequestTimeout);
    this.endSpan();
    this.countFailure(504);
    this.callbacks.sendLocalReply(504, "upstream request timeout", "upstream_per_try_timeout");
  }

  // ── backpressure ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The upstream connection's. */
  onAboveHighWatermark(): void {
    this.upstreamAbove = true;
    this.cluster?.info.stats.upstreamFlowControlBackedUpTotal.inc();
    this.pauseDownstream();
  }
  onBelowLowWatermark(): void {
    this.upstreamAbove = false;
    this.cluster?.info.stats.upstreamFlowControlDrainedTotal.inc();
    this.resumeDownstream();
  }

  /** The downstream connection's, by `DownstreamWatermarks`. */
  pauseUpstream(): void {
    if (this.downstreamAbove || this.attempt === undefined) return;
    this.downstreamAbove = true;
    this.cluster?.info.stats.upstreamFlowControlPausedReadingTotal.inc();
    this.attempt?.readDisable(true);
  }

  resumeUpstream(): void {
    if (!this.downstreamAbove) return;
    this.downstreamAbove = false;
    this.cluster?.info.stats.upstreamFlowControlResumedReadingTotal.inc();
    this.attempt?.readDisable(false);
  }

  private pauseDownstream(): void {
    if (this.paused) return;
    this.paused = true;
    this.callbacks.pauseRequest();
  }
  private resumeDownstream(): void {
    if (!this.paused) return;
    this.paused = false;
    this.callbacks.resumeRequest();
  }

  // ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Routes that answer by themselves. */
  private answer(
    action: Exclude<RouteAction, { kind: "forward" }>,
    route: RouteEntry,
    headers: Headers,
  ): void {
    const { config, stream, callbacks } = this;
    config.stats.rqDirectResponse.inc();
    if (action.kind === "redirect" && action.rewritePath !== undefined) {
      replacePath(headers, action.rewritePath, stream, !config.suppressEnvoyHeaders);
    }
    const body = action.kind === "direct" ? action.body(stream) : "";
    callbacks.sendLocalReply(action.status, body, "direct_response", (out) => {
      if (action.kind === "direct" && action.contentType !== undefined && out.has("content-type")) {
        out.set("content-type", action.contentType);
      }
      const location = action.location?.(headers);
      if (location !== undefined) out.append("location", location);
      stream.response = asHeaders(out);
      route.finalizeResponse(out, stream);
    });
  }

  private endResponse(): void {
    const { cluster, attempt, stream } = this;
    this.resumeUpstream();
    this.timeout?.disarm();
    this.perTry?.disarm();
    stream.streamInfo.lastUpstreamRxByteMs = this.sinceStart();
    this.endSpan();
    if (attempt !== undefined && this.config.dynamicStats) {
      const elapsed = this.config.worker.clock.nowMs() - attempt.startedAtMs;
      cluster?.info.stats.upstreamRqTime.record(elapsed);
      this.routeStats?.upstreamRqTime.record(elapsed);
      attempt.host.stats.rqTime?.record(elapsed);
    }
    // An early answer: the request's rest has no reader.
    if (this.requestEnded) this.attempt = undefined;
    this.releaseRetry();
  }

  private endSpan(): void {
    const { span, stream } = this;
    if (span === undefined) return;
    this.span = undefined;
    span.finish(stream, stream.streamInfo.startTimeMs + this.sinceStart(), this.upstreamStatus);
  }

  private countFailure(status: number): void {
    this.countResponse(status);
    this.releaseRetry();
  }

  private countResponse(status: number): void {
    if (!this.config.dynamicStats) return;
    this.cluster?.info.stats.countResponse(status);
    this.routeStats?.countResponse(status);
  }

  private releaseRetry(): void {
    if (!this.retryHeld) return;
    this.retryHeld = false;
    this.cluster?.info.circuitBreakers[this.highPriority ? "high" : "default"].retries.release();
  }

  private sinceStart(): number {
    return this.config.worker.clock.nowMs() - this.stream.streamInfo.startNowMs;
  }
}

/** Told of the response's sink, where the filter itself is told of the request's. */
class DownstreamWatermarks implements WatermarkCallbacks {
  private readonly filter: RouterFilter;
  constructor(filter: RouterFilter) {
    this.filter = filter;
  }
  onAboveHighWatermark(): void {
    this.filter.pauseUpstream();
  }
  onBelowLowWatermark(): void {
    this.filter.resumeUpstream();
  }
}

const EMPTY = Buffer.alloc(0);

const RESET_FLAGS: Readonly<Record<StreamResetReason, ResponseFlag>> = {
  "local reset": ResponseFlag.LocalReset,
  "local refused stream reset": ResponseFlag.LocalReset,
  "remote reset": ResponseFlag.UpstreamRemoteReset,
  "remote refused stream reset": ResponseFlag.UpstreamRemoteReset,
  "connect error": ResponseFlag.UpstreamRemoteReset,
  "connection termination": ResponseFlag.UpstreamConnectionTermination,
  "local connection failure": ResponseFlag.UpstreamConnectionFailure,
  "remote connection failure": ResponseFlag.UpstreamConnectionFailure,
  "connection timeout": ResponseFlag.UpstreamConnectionFailure,
  overflow: ResponseFlag.UpstreamOverflow,
  "protocol error": ResponseFlag.UpstreamProtocolError,
};

/** Reads and removes an unsigned integer header. */
function takeInteger(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  if (text === undefined) return undefined;
  headers.remove(name);
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export const routerFactory: HttpFilterFactory = {
  terminal: true,
  compile(message, context) {
    const config = asRouter(message);
    const { worker, stats } = asHttpContext(context);
    return {
      ok: true,
      value: {
        worker,
        stats: createRouterStats(stats),
        suppressEnvoyHeaders: config.suppressEnvoyHeaders,
        respectExpectedTimeout: config.respectExpectedRqTimeout,
        dynamicStats: config.dynamicStats ?? true,
      } satisfies RouterConfig,
    };
  },
  create: (config) => new RouterFilter(asRouterConfig(config)),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asRouter(message: unknown): Router {
  return message as Router;
}
/** HTTP filters of this proxy are always compiled with its own context. */
function asHttpContext(context: unknown): HttpFactoryContext {
  return context as HttpFactoryContext;
}
/** What `compile` above made. */
function asRouterConfig(config: unknown): RouterConfig {
  return config as RouterConfig;
}
