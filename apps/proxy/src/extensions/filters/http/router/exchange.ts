import { type ConnectionInfo, type HeaderMap, ResponseFlag } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { StreamResetReason } from "../../../../http/codec.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { missingRequestHeader } from "../../../../http/required-headers.ts";
import type { ResponseWaiter } from "../../../../http-connection-manager/stream-timers.ts";
import { tellCluster } from "../../../../http-connection-manager/tell-cluster.ts";
import type { RouteEntry } from "../../../../route/route-entry.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import {
  BODY_OVERFLOW,
  type Failure,
  flagOfReset,
  lacksHeader,
  lastedTooLong,
  noHealthyUpstream,
  statusOfReset,
  timedOut,
  wasReset,
} from "./failure.ts";
import { FlowControl } from "./flow-control.ts";
import { ForwardedRequest } from "./forwarded-request.ts";
import { HostChoice } from "./host-choice.ts";
import { countHead, countTrailers, judgeHead } from "./host-outcome.ts";
import { dropsBody, followRedirect } from "./internal-redirect.ts";
import { readRetryPolicy } from "./read-retry-policy.ts";
import { addressHead, beginHead, renewHead } from "./request-head.ts";
import { readTimeouts, withLateWishes } from "./request-timeouts.ts";
import { finishUpstreamHead } from "./response-head.ts";
import { type RetryOwner, RetryState, RetryStatus } from "./retry-state.ts";
import { TrySet } from "./try-set.ts";
import type { TryOwner, TryTimeout, UpstreamTry } from "./upstream-try.ts";

/**
 * A request on its way upstream and its response on the way back: one try, or several, one after the other (retries) or side
 * by side (hedging). A state machine over its tries; the request's end starts the clocks, the first response's head that is
 * not retried ends all other tries.
 *
 * What it decides by: `ForwardedRequest` is what has come of the request, `HostChoice` where the next try goes and whether one
 * may follow, `TrySet` the tries under way. Each knows those before it, none of them the exchange but as the tries' owner.
 */
export class UpstreamExchange implements TryOwner, ResponseWaiter, RetryOwner {
  readonly highPriority: boolean;
  private readonly init: ExchangeInit;
  private readonly flow: FlowControl;
  private readonly request: ForwardedRequest;
  private readonly choice: HostChoice;
  private readonly tries: TrySet;
  /** Of the next try, where its cluster was chosen anew. */
  private nextRoute: RouteEntry | undefined = undefined;
  private triedParts: Set<number> | undefined = undefined;
  private responseStarted = false;
  private destroyed = false;

  constructor(init: ExchangeInit) {
    const { callbacks, cluster, forward } = init;
    this.init = init;
    this.highPriority = forward.highPriority;
    this.flow = new FlowControl(callbacks, cluster.info.stats);
    this.request = new ForwardedRequest(init, this.flow);
    this.choice = new HostChoice(init);
    this.tries = new TrySet(init, this.choice, this.request, this);
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The request's head is there. */
  start(): undefined {
    const { config, stream, route, forward, headers, headersOnly, isGrpc, asks } = this.init;
    const { choice, request } = this;
    stream.streamInfo.upstreamRequestAttemptCount = 1;
    request.timeouts = readTimeouts(headers, forward, isGrpc, config.respectExpectedTimeout, asks);
    beginHead(this.init, request.timeouts);
    // The host is chosen by the head as the route has made it, the wishes in it that are read below included.
    const host = choice.cluster.chooseHost(choice);
    if (host === undefined) return this.failWithoutHost();
    const mayWish = asks || route.editsRequests;
    if (mayWish) request.timeouts = withLateWishes(request.timeouts, headers);
    const { info } = choice.cluster;
    const policy = readRetryPolicy(headers, info.policies?.retry ?? forward.retry, mayWish);
    if (policy !== undefined) choice.retry = new RetryState(policy, this.init, info, this);
    request.begin(policy !== undefined || forward.internalRedirect !== undefined);
    this.send(host);
    if (headersOnly) this.endRequest();
  }

  data(chunk: Uint8Array, endStream: boolean): undefined {
    const { request, tries } = this;
    if (request.overflowsBy(chunk.length)) {
      this.choice.cluster.info.stats.retryOrShadowAbandoned.inc();
      request.giveUpKeeping(tries.newest);
      this.dropRetry();
      if (tries.newest === undefined && !this.responseStarted) {
        this.destroy();
        return this.fail(BODY_OVERFLOW);
      }
    }
    request.data(chunk, endStream, tries.newest, this.retryPending);
    if (endStream) this.endRequest();
  }

  requestTrailers(trailers: Headers): void {
    this.request.endWith(trailers, this.tries.newest);
    this.endRequest();
  }

  private endRequest(): void {
    const { config, stream } = this.init;
    const { request, tries } = this;
    request.endedAtMs = config.worker.clock.nowMs();
    if (tries.newest === undefined && !this.retryPending) return;
    if (request.timeouts.globalMs > 0) stream.awaitResponse(this, request.timeouts.globalMs);
    tries.armReady();
  }

  /** What waits for tries or is kept for others, and what waits in their connections. */
  get heldBytes(): number {
    let bytes = this.request.bytes;
    for (const attempt of this.tries.list()) bytes += attempt.bufferedBytes;
    return bytes;
  }

  /** The stream is over, however it came: nothing goes out any more. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.tries.cancelAllBut(undefined);
    this.request.destroy();
    this.dropRetry();
    this.init.stream.stopAwaitingResponse(this);
  }

  // ── tries ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  private send(host: Host): undefined {
    if (!this.tries.begin(host)) this.failUnhealthy(503);
  }

  refreshCluster(): ClusterInfo | undefined {
    const { config, stream, route } = this.init;
    this.triedParts ??= new Set();
    this.nextRoute = stream.refreshRoute(route, this.triedParts);
    return config.worker.clusters.get(this.nextRoute?.clusterName ?? "")?.info;
  }

  tryAgain(): undefined {
    const { config, stream } = this.init;
    const { choice, request } = this;
    if (this.destroyed) return;
    choice.attempts++;
    stream.streamInfo.upstreamRequestAttemptCount = choice.attempts;
    const refreshed = this.nextRoute !== undefined;
    if (this.nextRoute !== undefined) this.init.route = this.nextRoute;
    // The cluster may have gone or changed meanwhile.
    const { clusterName = "" } = this.init.route;
    const cluster = config.worker.clusters.get(clusterName);
    if (refreshed) tellCluster(stream.streamInfo, clusterName, cluster?.info);
    if (cluster === undefined) return this.failUnhealthy(503);
    choice.cluster = cluster;
    const host = cluster.chooseHost(choice);
    if (host === undefined) return this.failWithoutHost();
    renewHead(this.init, request.timeouts, choice, request.sinceEndMs);
    this.send(host);
  }

  onTryOpen(attempt: UpstreamTry): undefined {
    if (this.destroyed) return attempt.cancel();
    this.request.sendTo(attempt, this.choice.isRetry);
  }

  onTryReady(attempt: UpstreamTry, connection: ConnectionInfo, open: boolean): undefined {
    const { config, stream, outcome } = this.init;
    if (this.destroyed) return attempt.cancel();
    const { choice, request } = this;
    const { host } = attempt;
    choice.retry?.onHostAttempted(host);
    host.outlier?.putResult("localOriginConnectSuccess");
    this.tries.ready(attempt, connection);
    stream.streamInfo.firstUpstreamTxByteMs = stream.sinceStart();
    for (const stats of outcome.routeStats) stats.upstreamRqTotal.inc();
    addressHead(this.init, attempt, connection);
    const { ended } = request;
    if (!open) {
      const missing = missingRequestHeader(this.init.headers);
      if (missing !== undefined) return this.fail(lacksHeader(missing));
      request.sendTo(attempt, choice.isRetry);
    }
    const maxDurationMs = request.timeouts.maxDurationMs || choice.cluster.info.http.maxStreamDurationMs;
    if (maxDurationMs > 0) attempt.armMaxDuration(config.worker.timers, maxDurationMs);
    if (ended) this.tries.arm(attempt);
  }

  private get retryPending(): boolean {
    return this.choice.retry?.pending === true;
  }

  private get othersMayAnswer(): boolean {
    return this.retryPending || this.tries.awaitHeaders;
  }

  private dropRetry(): void {
    this.choice.retry?.dispose();
    this.choice.retry = undefined;
  }

  /** `late`: it was this proxy that lost patience. */
  private retriesReset(attempt: UpstreamTry, reason: StreamResetReason, late: boolean): boolean {
    const { retry } = this.choice;
    if (this.responseStarted || retry === undefined || attempt.retried) return false;
    if (retry.afterReset(attempt, reason, late) !== RetryStatus.Yes) return false;
    attempt.host.stats.rqError.inc();
    return true;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  onTry1xx(attempt: UpstreamTry, headers: Headers): void {
    const { callbacks, outcome, route } = this.init;
    const status = Number(headers.get(":status"));
    outcome.countResponse(this.choice.cluster.info, attempt.host, status, headers);
    // It has been answered in part: nobody else may answer.
    this.responseStarted = true;
    this.tries.cancelAllBut(attempt);
    this.dropRetry();
    route.finalizeInterim(headers);
    callbacks.encode1xxHeaders(headers);
  }

  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): undefined {
    const { stream, forward, callbacks, isGrpc, outcome } = this.init;
    const { choice, request, tries } = this;
    const { host, status } = attempt;
    const { info } = choice.cluster;
    const { streamInfo } = stream;
    streamInfo.firstUpstreamRxByteMs = stream.sinceStart();
    tries.onHead(attempt, headers);
    if (forward.includeAttemptCountInResponse) {
      headers.set(EnvoyHeader.attemptCount, String(choice.attempts));
    }
    const grpcAsHttp = judgeHead(attempt, headers, info, isGrpc);
    const retried = choice.retry?.afterHeaders(attempt, headers) ?? RetryStatus.No;
    if (retried === RetryStatus.Yes) {
      host.stats.rqError.inc();
      info.stats.countRetried(status, outcome.withoutCodes);
      return tries.cancel(attempt);
    }
    if (forward.internalRedirect?.statusCodes.has(status) === true && this.redirect(attempt, headers)) return;
    if (retried !== RetryStatus.No && this.othersMayAnswer) {
      host.stats.rqError.inc();
      return tries.cancel(attempt);
    }
    this.dropRetry();
    if (!attempt.declined) outcome.countResponse(info, host, status, headers);
    countHead(attempt, isGrpc, endStream, grpcAsHttp);
    const details = finishUpstreamHead(this.init, choice, request, attempt, headers);
    this.responseStarted = true;
    request.keepNoLonger();
    tries.cancelAllBut(attempt);
    streamInfo.upstreamRemoteAddress = host.address;
    if (endStream) this.endResponse(attempt);
    else this.flow.beginResponse(attempt);
    callbacks.encodeHeaders(headers, endStream, details);
  }

  onTryData(attempt: UpstreamTry, chunk: Uint8Array, endStream: boolean): void {
    const { stream } = this.init;
    stream.streamInfo.firstUpstreamRxBodyByteMs ??= stream.sinceStart();
    if (endStream) {
      if (attempt.grpcOutcomeOpen) attempt.host.stats.rqError.inc();
      this.endResponse(attempt);
    }
    this.init.callbacks.encodeData(chunk, endStream);
  }

  onTryTrailers(attempt: UpstreamTry, trailers: Headers): void {
    countTrailers(attempt, trailers);
    this.tries.onTrailers(trailers);
    this.endResponse(attempt);
    this.init.callbacks.encodeTrailers(trailers);
  }

  private endResponse(attempt: UpstreamTry): void {
    const { stream, outcome } = this.init;
    const { request } = this;
    this.flow.endResponse();
    stream.streamInfo.lastUpstreamRxByteMs = stream.sinceStart();
    stream.stopAwaitingResponse(this);
    if (request.ended) {
      const { info } = this.choice.cluster;
      const elapsedMs = request.sinceEndMs;
      outcome.recordTime(info, attempt.host, elapsedMs);
      outcome.recordBudget(info, elapsedMs, request.timeouts.globalMs);
      // An early answer: the request's rest has no reader.
    } else attempt.cancel();
    this.tries.end(attempt, 0);
  }

  /** Starts over where the upstream points to; false: the redirection goes to the client. */
  private redirect(attempt: UpstreamTry, response: Headers): boolean {
    const { stream, forward, headers } = this.init;
    const { request } = this;
    const { stats } = this.choice.cluster.info;
    const policy = forward.internalRedirect;
    if (policy === undefined) return false;
    const bare = dropsBody(attempt.status, headers);
    if (!request.isWhole || !followRedirect(this.init, policy, response, attempt.status)) {
      stats.upstreamInternalRedirectFailedTotal.inc();
      return false;
    }
    stats.upstreamInternalRedirectSucceededTotal.inc();
    return stream.recreateWith(response, Buffer.concat(bare ? [] : request.chunks), request.trailers);
  }

  // ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────

  onTryReset(attempt: UpstreamTry, reason: StreamResetReason, transportFailure: string): undefined {
    if (this.destroyed) return;
    const { stream, outcome } = this.init;
    const { choice, tries } = this;
    const { host } = attempt;
    if (!attempt.ready) choice.retry?.onHostAttempted(host);
    stream.streamInfo.upstreamTransportFailureReason = transportFailure;
    if (reason === "overflow") choice.cluster.info.drops?.all.inc();
    else host.outlier?.putResult("localOriginConnectFailed");
    const flag = flagOfReset(reason);
    attempt.span?.setTag("error.reason", reason);
    if (this.retriesReset(attempt, reason, false)) return tries.end(attempt, flag);
    if (this.responseStarted) this.countLateFailure(attempt);
    else outcome.countResponse(choice.cluster.info, attempt.countedHost, statusOfReset(reason));
    if (attempt.countedHost === undefined) {
      stream.streamInfo.upstreamRemoteAddress = undefined;
      stream.streamInfo.upstreamHostName = undefined;
    }
    tries.end(attempt, flag);
    if (this.othersMayAnswer) return;
    this.fail(wasReset(reason, transportFailure, choice.isRetry, this.responseStarted));
  }

  onTryTimeout(attempt: UpstreamTry, which: TryTimeout): undefined {
    if (which === "maxDuration") return this.onTryTooLong(attempt);
    const { timeoutStatus, hedges } = this.request.timeouts;
    const { info } = this.choice.cluster;
    const { host } = attempt;
    // Behind the response's head only the whole request's timeout holds.
    if (which === "perTry" && this.responseStarted) return;
    if (hedges) return this.onSoftTimeout(attempt);
    const { upstreamRqPerTryTimeout, upstreamRqPerTryIdleTimeout } = info.stats;
    (which === "perTry" ? upstreamRqPerTryTimeout : upstreamRqPerTryIdleTimeout).inc();
    host.stats.rqTimeout.inc();
    attempt.cancel();
    host.outlier?.putResult("localOriginTimeout", timeoutStatus);
    const flag = ResponseFlag.UpstreamRequestTimeout;
    if (this.retriesReset(attempt, "local reset", true)) return this.tries.end(attempt, flag);
    if (this.responseStarted) this.countLateFailure(attempt);
    else this.init.outcome.countResponse(info, host, timeoutStatus);
    if (timeoutStatus < 500) host.stats.rqError.inc();
    this.tries.end(attempt, flag | (which === "perTryIdle" ? ResponseFlag.StreamIdleTimeout : 0));
    this.failLate(which === "perTry" ? "upstream_per_try_timeout" : "upstream_per_try_idle_timeout");
  }

  private onTryTooLong(attempt: UpstreamTry): undefined {
    this.choice.cluster.info.stats.upstreamRqMaxDurationReached.inc();
    attempt.cancel();
    if (this.retriesReset(attempt, "local reset", false)) return this.tries.end(attempt, 0);
    const failure = lastedTooLong(this.request.ended);
    this.tries.end(attempt, failure.flag);
    this.fail(failure);
  }

  /** Hedging: the late try goes on beside a new one. */
  private onSoftTimeout(attempt: UpstreamTry): undefined {
    attempt.host.outlier?.putResult("localOriginTimeout", this.request.timeouts.timeoutStatus);
    attempt.outlierTimeoutRecorded = true;
    if (!this.responseStarted && !attempt.retried) this.choice.retry?.afterSoftTimeout(attempt);
  }

  /** The whole request's. */
  onResponseTimeout(): void {
    const { outcome } = this.init;
    const { info } = this.choice.cluster;
    const { timeoutStatus } = this.request.timeouts;
    for (const attempt of this.tries.list()) {
      const { host } = attempt;
      info.stats.upstreamRqTimeout.inc();
      for (const one of outcome.routeStats) one.upstreamRqTimeout.inc();
      host.stats.rqTimeout.inc();
      if (attempt.awaitingHeaders) {
        if (!attempt.outlierTimeoutRecorded) host.outlier?.putResult("localOriginTimeout", timeoutStatus);
        outcome.countResponse(info, host, timeoutStatus);
        if (timeoutStatus < 500) host.stats.rqError.inc();
      }
      // As Envoy: that the whole request took too long is not the try's flag.
      this.tries.cancel(attempt);
    }
    this.failLate("response_timeout");
  }

  private failLate(details: string): undefined {
    const { config, outcome } = this.init;
    const { timeouts, endedAtMs } = this.request;
    const elapsedMs = config.worker.clock.nowMs() - endedAtMs;
    outcome.recordBudget(this.choice.cluster.info, elapsedMs, timeouts.globalMs);
    this.fail(timedOut(timeouts.timeoutStatus, details));
  }

  private failWithoutHost(): undefined {
    const { choice } = this;
    choice.cluster.info.stats.upstreamCxNoneHealthy.inc();
    this.failUnhealthy(choice.statusWithoutHost);
  }

  private failUnhealthy(status: number): undefined {
    this.init.outcome.countResponse(this.choice.cluster.info, undefined, status);
    this.fail(noHealthyUpstream(status));
  }

  private countLateFailure(attempt: UpstreamTry): void {
    if (!attempt.grpcOutcomeOpen) return;
    attempt.host.stats.rqError.inc();
    this.init.config.stats.rqResetAfterDownstreamResponseStarted.inc();
  }

  /** Ends it all by an answer of our own; once the response has begun, by a reset. */
  private fail({ status, body, details, flag, overloaded }: Failure): undefined {
    const { config, stream, forward, callbacks } = this.init;
    if (flag !== 0) stream.streamInfo.setResponseFlag(flag);
    this.tries.cancelAllBut(undefined);
    this.dropRetry();
    stream.stopAwaitingResponse(this);
    callbacks.sendLocalReply(status, body, details, (out: HeaderMap) => {
      if (overloaded && !config.suppressEnvoyHeaders) out.append(EnvoyHeader.overloaded, "true");
      if (forward.includeAttemptCountInResponse) {
        out.set(EnvoyHeader.attemptCount, String(this.choice.attempts));
      }
    });
  }

  // ── the request's sink ──────────────────────────────────────────────────────────────────────────────────────────────

  onAboveHighWatermark(): void {
    this.flow.onSinkFull();
  }
  onBelowLowWatermark(): void {
    this.flow.onSinkDrained();
  }
}
