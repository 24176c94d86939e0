import { type ConnectionInfo, type HeaderMap, ResponseFlag } from "@sluice/extension-api";
import { judgedStatus } from "../../../../cluster/outlier/error-matcher.ts";
import type { Host } from "../../../../cluster/thread-local-cluster.ts";
import { percentOfTimeout } from "../../../../cluster/tracked-stats.ts";
import type { StreamResetReason } from "../../../../http/codec.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { ResponseWaiter } from "../../../../http/http-stream.ts";
import { replaceAuthority } from "../../../../route/rewrite-host.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import { FlowControl } from "./flow-control.ts";
import { grpcStatusOfHeaders, httpStatusOfGrpc } from "./grpc-outcome.ts";
import { HostChoice } from "./host-choice.ts";
import { followRedirect } from "./internal-redirect.ts";
import { KeptBody } from "./kept-body.ts";
import { Mirrors } from "./mirrors.ts";
import { poolFor } from "./pool-for.ts";
import { readRetryPolicy } from "./read-retry-policy.ts";
import { parseTimeout, type RequestTimeouts, readTimeouts, setTimeoutHeaders } from "./request-timeouts.ts";
import { flagOfReset, resetReply, statusOfReset } from "./reset-reply.ts";
import { RetryState, RetryStatus } from "./retry-state.ts";
import { TryLog } from "./try-log.ts";
import { type TryOwner, type TryTimeout, UpstreamTry } from "./upstream-try.ts";

/**
 * A request on its way upstream and its response on the way back: one try, or several, one after the other (retries) or side
 * by side (hedging). A state machine over its tries; the request's end starts the clocks, the first response's head that is
 * not retried ends all other tries.
 */
export class UpstreamExchange implements TryOwner, ResponseWaiter {
  readonly highPriority: boolean;
  private readonly init: ExchangeInit;
  private readonly flow: FlowControl;
  private readonly body = new KeptBody();
  /** Where somebody reads of tries. */
  private readonly tryLog: TryLog | undefined;
  private readonly bodyBytesMax: number;
  private readonly choice: HostChoice;
  private tries: UpstreamTry[] = [];
  private mirrors: Mirrors | undefined = undefined;
  private timeouts: RequestTimeouts = NO_TIMEOUTS;
  /** The body is kept behind a try that has it, for another or for an internal redirect. */
  private keepsBody = false;
  private bodyOverflowed = false;
  private trailers: Headers | undefined = undefined;
  private requestEndedAtMs = -1;
  private responseStarted = false;
  private attempts = 1;
  private retriesPending = 0;
  private retryAfterTimeout = false;
  private hedges = false;
  private timeoutStatus = 504;
  private maxDurationMs = 0;
  private destroyed = false;

  constructor(init: ExchangeInit) {
    const { callbacks, cluster, forward } = init;
    this.init = init;
    this.choice = new HostChoice(init);
    this.highPriority = forward.highPriority;
    this.flow = new FlowControl(callbacks, cluster.info.stats);
    const { config, stream } = init;
    const logsTries = config.upstreamLogs.length > 0 || stream.span !== undefined;
    this.tryLog = logsTries ? new TryLog(config, stream) : undefined;
    this.bodyBytesMax = Math.min(callbacks.bufferLimitBytes(), forward.bodyBytesMax ?? Infinity);
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The request's head is there. */
  start(): undefined {
    const { config, stream, route, forward, headers, headersOnly, isGrpc, asks, outcome } = this.init;
    const host = this.choice.cluster.chooseHost(this.choice);
    if (host === undefined) return this.answerNoHost();
    const insert = !config.suppressEnvoyHeaders;
    this.hedges = (asks ? takeHedging(headers) : undefined) ?? forward.hedgeOnPerTryTimeout;
    this.timeouts = readTimeouts(headers, forward, isGrpc, config.respectExpectedTimeout);
    setTimeoutHeaders(headers, this.timeouts, forward, { elapsedMs: 0, insert, isGrpc, hedges: this.hedges });
    if (asks) this.takeLimits(headers);
    if (forward.includeAttemptCount) headers.set("x-envoy-attempt-count", "1");
    stream.streamInfo.upstreamRequestAttemptCount = 1;
    route.finalizeRequest(headers, stream, insert);
    const policy = readRetryPolicy(
      headers,
      this.choice.cluster.info.policies?.retry ?? forward.retry,
      asks || route.editsRequests,
    );
    if (policy !== undefined) {
      const { worker } = config;
      const { info } = this.choice.cluster;
      this.choice.retry = new RetryState(
        policy,
        worker,
        info,
        this.choice.highPriority,
        outcome.routeStats,
        () => this.tryAgain(),
      );
    }
    this.keepsBody = policy !== undefined || forward.internalRedirect !== undefined;
    this.mirrors = Mirrors.start(this.init, this.timeouts.globalMs);
    this.send(host);
    if (headersOnly) this.endRequest();
  }

  private takeLimits(headers: Headers): void {
    this.maxDurationMs = parseTimeout(take(headers, "x-envoy-upstream-stream-duration-ms") ?? "0") ?? 0;
    if (take(headers, "x-envoy-upstream-rq-timeout-alt-response") !== undefined) this.timeoutStatus = 204;
  }

  data(chunk: Uint8Array, endStream: boolean): undefined {
    const [attempt] = this.tries;
    if (this.keepsBody && this.body.bytes + chunk.length > this.bodyBytesMax) {
      if (this.giveUpKeeping(attempt) === "answered") return;
    }
    this.mirrors?.data(chunk, endStream);
    const waits = attempt === undefined ? this.retriesPending > 0 : !attempt.ready;
    if (this.keepsBody || waits) this.body.add(chunk);
    if (attempt?.ready === true) attempt.encodeData(chunk, endStream);
    else if (waits && this.body.bytes > this.init.callbacks.bufferLimitBytes()) this.flow.holdRequest();
    if (endStream) this.endRequest();
  }

  requestTrailers(trailers: Headers): void {
    this.trailers = trailers;
    this.mirrors?.trailers(trailers);
    const [attempt] = this.tries;
    if (attempt?.ready === true) attempt.encodeTrailers(trailers);
    this.endRequest();
  }

  /** Too much body to keep: no retry and no redirect any more. */
  private giveUpKeeping(attempt: UpstreamTry | undefined): "answered" | "goes on" {
    this.choice.cluster.info.stats.retryOrShadowAbandoned.inc();
    this.keepsBody = false;
    this.bodyOverflowed = true;
    this.dropRetry();
    if (attempt === undefined && !this.responseStarted) {
      this.destroy();
      const body = "exceeded request buffer limit while retrying upstream";
      this.reply(507, body, "request_payload_exceeded_retry_buffer_limit", false);
      return "answered";
    }
    if (attempt?.ready === true) this.body.clear();
    return "goes on";
  }

  private endRequest(): void {
    const { config, stream } = this.init;
    this.requestEndedAtMs = config.worker.clock.nowMs();
    if (this.tries.length === 0 && this.retriesPending === 0) return;
    if (this.timeouts.globalMs > 0) stream.awaitResponse(this, this.timeouts.globalMs);
    for (const attempt of this.tries) {
      if (!attempt.ready) continue;
      stream.streamInfo.lastUpstreamTxByteMs = this.sinceStart();
      attempt.armTimeouts(config.worker.timers, this.timeouts.perTryMs, this.timeouts.perTryIdleMs);
    }
  }

  /** The stream is over, however it came: nothing goes out any more. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.cancelTries(undefined);
    this.mirrors?.destroy();
    this.dropRetry();
    this.init.stream.stopAwaitingResponse(this);
    this.body.clear();
  }

  // ── tries ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  private send(host: Host): undefined {
    const { config, stream } = this.init;
    const { worker } = config;
    const { info } = this.choice.cluster;
    const { streamInfo, span } = stream;
    const pool = poolFor(this.init, info, host, this.choice);
    if (pool === undefined) return this.answerUnhealthy();
    streamInfo.upstreamRemoteAddress = host.address;
    streamInfo.upstreamHostName = host.hostname;
    streamInfo.upstreamMetadata = host.metadata;
    const attempt = new UpstreamTry(this, info, host, pool);
    attempt.startedAtMs = worker.clock.nowMs();
    this.tries.unshift(attempt);
    if (span !== undefined) {
      attempt.span = span.startUpstreamSpan(info.statName, this.wallMs(), config.startChildSpan);
      if (this.attempts > 1) attempt.span?.setTag("retry.count", String(this.attempts - 1));
    }
    attempt.start();
  }

  private tryAgain(): undefined {
    const { config, stream, route, forward, headers, isGrpc } = this.init;
    if (this.destroyed) return;
    this.choice.isRetry = true;
    this.attempts++;
    this.retriesPending--;
    stream.streamInfo.upstreamRequestAttemptCount = this.attempts;
    // The cluster may have gone or changed meanwhile.
    const cluster = config.worker.clusters.get(route.clusterName ?? "");
    if (cluster !== undefined) this.choice.cluster = cluster;
    const host = cluster?.chooseHost(this.choice);
    if (host === undefined) return this.answerNoHost();
    if (forward.includeAttemptCount) headers.set("x-envoy-attempt-count", String(this.attempts));
    if (forward.includeIsTimeoutRetry) {
      headers.set("x-envoy-is-timeout-retry", this.retryAfterTimeout ? "true" : "false");
    }
    const elapsedMs = this.requestEnded ? config.worker.clock.nowMs() - this.requestEndedAtMs : 0;
    const insert = !config.suppressEnvoyHeaders;
    setTimeoutHeaders(headers, this.timeouts, forward, { elapsedMs, insert, isGrpc, hedges: this.hedges });
    this.send(host);
  }

  onTryReady(attempt: UpstreamTry, connection: ConnectionInfo): undefined {
    const { config, stream, headers, forward, headersOnly, outcome } = this.init;
    if (this.destroyed) return attempt.cancel();
    const { host } = attempt;
    const { streamInfo } = stream;
    this.choice.retry?.onHostAttempted(host);
    host.outlier?.putResult("localOriginConnectSuccess");
    const readyMs = config.worker.clock.nowMs() - attempt.startedAtMs;
    streamInfo.onUpstreamReady(connection, attempt.protocol ?? "", readyMs);
    this.tryLog?.ready(attempt, this.wallMs());
    if (streamInfo.schemeMatchesUpstream) {
      headers.set(":scheme", connection.tls === undefined ? "http" : "https");
    }
    streamInfo.firstUpstreamTxByteMs = this.sinceStart();
    for (const stats of outcome.routeStats) stats.upstreamRqTotal.inc();
    if (forward.autoHostRewrite && host.hostname !== "") {
      replaceAuthority(headers, host.hostname, forward.appendXForwardedHost, !config.suppressEnvoyHeaders);
    }
    (attempt.span ?? stream.span)?.inject(headers);
    const { chunks } = this.body;
    const ended = this.requestEnded;
    const bare = this.choice.isRetry
      ? ended && chunks.length === 0 && this.trailers === undefined
      : headersOnly;
    attempt.encodeHeaders(headers, bare);
    if (!bare) {
      for (let i = 0; i < chunks.length; i++) {
        const last = ended && this.trailers === undefined && i === chunks.length - 1;
        attempt.encodeData(chunks[i] ?? EMPTY, last);
      }
      if (this.trailers !== undefined) attempt.encodeTrailers(this.trailers);
      else if (ended && chunks.length === 0) attempt.encodeData(EMPTY, true);
    }
    if (!this.keepsBody) this.body.clear();
    this.flow.releaseRequest();
    const maxDurationMs = this.maxDurationMs || this.choice.cluster.info.http.maxStreamDurationMs;
    if (maxDurationMs > 0) attempt.armMaxDuration(config.worker.timers, maxDurationMs);
    if (!ended) return;
    streamInfo.lastUpstreamTxByteMs = this.sinceStart();
    attempt.armTimeouts(config.worker.timers, this.timeouts.perTryMs, this.timeouts.perTryIdleMs);
  }

  /** The try is over for this request. `flag`: of its own log entry. */
  private endTry(attempt: UpstreamTry, flag: number): undefined {
    const { tries } = this;
    if (tries.length === 1 && tries[0] === attempt) tries.pop();
    else {
      const at = tries.indexOf(attempt);
      if (at >= 0) tries.splice(at, 1);
    }
    this.tryLog?.end(attempt, flag, this.wallMs());
    const { timeoutBudgets, sizes } = this.choice.cluster.info.tracked;
    if (timeoutBudgets !== undefined) {
      const elapsedMs = this.init.config.worker.clock.nowMs() - attempt.startedAtMs;
      timeoutBudgets.perTryPercentUsed.record(percentOfTimeout(elapsedMs, this.timeouts.perTryMs));
    }
    if (sizes !== undefined) attempt.recordSizes(sizes, this.init.headers);
  }

  /** All tries but `kept`. */
  private cancelTries(kept: UpstreamTry | undefined): void {
    if (this.tries.length === 0 || (this.tries.length === 1 && this.tries[0] === kept)) return;
    for (const attempt of this.tries.slice()) {
      if (attempt === kept) continue;
      attempt.cancel();
      this.endTry(attempt, 0);
    }
  }

  private get othersMayAnswer(): boolean {
    return this.retriesPending > 0 || this.tries.some((attempt) => attempt.awaitingHeaders);
  }

  private dropRetry(): void {
    this.choice.retry?.dispose();
    this.choice.retry = undefined;
    this.retriesPending = 0;
  }

  /** Counts and flags what the retry state decided; true: another try is on its way. */
  private settleRetry(status: RetryStatus, attempt: UpstreamTry, afterTimeout: boolean): boolean {
    const { streamInfo } = this.init.stream;
    if (status === RetryStatus.Yes) {
      this.retriesPending++;
      this.retryAfterTimeout = afterTimeout;
      attempt.retried = true;
      return true;
    }
    if (status === RetryStatus.Overflow) streamInfo.setResponseFlag(ResponseFlag.UpstreamOverflow);
    if (status === RetryStatus.LimitExceeded) {
      streamInfo.setResponseFlag(ResponseFlag.UpstreamRetryLimitExceeded);
    }
    return false;
  }

  private retriesReset(reason: StreamResetReason, attempt: UpstreamTry, afterTimeout: boolean): boolean {
    const { retry } = this.choice;
    if (this.responseStarted || retry === undefined || attempt.retried) return false;
    if (!this.settleRetry(retry.afterReset(reason, attempt.ready), attempt, afterTimeout)) return false;
    attempt.host.stats.rqError.inc();
    return true;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  onTry1xx(attempt: UpstreamTry, headers: Headers): void {
    const { callbacks, outcome } = this.init;
    const status = Number(headers.get(":status"));
    outcome.countResponse(this.choice.cluster.info, attempt.host, status, headers);
    // It has been answered in part: nobody else may answer.
    this.responseStarted = true;
    this.cancelTries(attempt);
    this.dropRetry();
    callbacks.encode1xxHeaders(headers);
  }

  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): undefined {
    const { config, stream, route, forward, callbacks, isGrpc, outcome } = this.init;
    const { host, status } = attempt;
    const { info } = this.choice.cluster;
    const { streamInfo } = stream;
    streamInfo.firstUpstreamRxByteMs = this.sinceStart();
    if (info.tracked.sizes !== undefined) attempt.noteResponseHead(headers);
    this.tryLog?.response(attempt, headers);
    if (forward.includeAttemptCountInResponse) headers.set("x-envoy-attempt-count", String(this.attempts));
    const grpcStatus = isGrpc ? grpcStatusOfHeaders(headers) : undefined;
    const grpcAsHttp = grpcStatus === undefined ? 0 : httpStatusOfGrpc(grpcStatus);
    host.outlier?.putHttpResponseCode(
      grpcStatus === undefined ? judgedStatus(info.policies?.isError, headers, status) : grpcAsHttp,
    );
    if (headers.has("x-envoy-immediate-health-check-fail")) host.failHealthCheck?.();
    let couldNotRetry = false;
    const { retry } = this.choice;
    if (retry !== undefined) {
      if (attempt.retried) couldNotRetry = retry.wouldRetryHeaders(headers, status);
      else {
        const outcomeOfRetry = retry.afterHeaders(headers, status);
        if (this.settleRetry(outcomeOfRetry, attempt, false)) {
          host.stats.rqError.inc();
          info.stats.countRetried(status, outcome.withoutCodes);
          attempt.cancel();
          return this.endTry(attempt, 0);
        }
        couldNotRetry = outcomeOfRetry !== RetryStatus.No;
      }
    }
    if (forward.internalRedirect?.statusCodes.has(status) === true && this.redirect(attempt, headers)) return;
    if (couldNotRetry && this.othersMayAnswer) {
      host.stats.rqError.inc();
      attempt.cancel();
      return this.endTry(attempt, 0);
    }
    this.dropRetry();
    if (this.requestEnded && !config.suppressEnvoyHeaders) {
      const elapsed = config.worker.clock.nowMs() - this.requestEndedAtMs;
      headers.set("x-envoy-upstream-service-time", String(Math.floor(elapsed)));
    }
    if (!attempt.declined) outcome.countResponse(info, host, status, headers);
    if (status < 500) this.countHost(attempt, isGrpc, endStream, grpcStatus === undefined ? 500 : grpcAsHttp);
    stream.response = headers;
    streamInfo.responseCode = status;
    const details = attempt.declined ? "websocket_handshake_unsuccessful" : "via_upstream";
    streamInfo.responseCodeDetails = details;
    for (const cookie of this.choice.setCookies) headers.append("set-cookie", cookie);
    route.finalizeResponse(headers, stream);
    this.responseStarted = true;
    this.keepsBody = false;
    this.body.clear();
    this.cancelTries(attempt);
    streamInfo.upstreamRemoteAddress = host.address;
    if (endStream) this.endResponse(attempt);
    else this.flow.beginResponse(attempt);
    callbacks.encodeHeaders(headers, endStream, details);
  }

  onTryData(attempt: UpstreamTry, chunk: Uint8Array, endStream: boolean): void {
    if (endStream) {
      if (attempt.grpcOutcomeOpen) attempt.host.stats.rqError.inc();
      this.endResponse(attempt);
    }
    this.init.callbacks.encodeData(chunk, endStream);
  }

  onTryTrailers(attempt: UpstreamTry, trailers: Headers): void {
    if (attempt.grpcOutcomeOpen) {
      const status = grpcStatusOfHeaders(trailers);
      const failed = status === undefined || httpStatusOfGrpc(status) >= 500;
      (failed ? attempt.host.stats.rqError : attempt.host.stats.rqSuccess).inc();
    }
    this.tryLog?.trailers(attempt, trailers);
    this.endResponse(attempt);
    this.init.callbacks.encodeTrailers(trailers);
  }

  /** Success or failure of the host; that of a gRPC response is told by its trailers. */
  private countHost(attempt: UpstreamTry, isGrpc: boolean, endStream: boolean, asHttp: number): void {
    const { stats } = attempt.host;
    if (!isGrpc) stats.rqSuccess.inc();
    else if (!endStream) attempt.grpcOutcomeOpen = true;
    else (asHttp < 500 ? stats.rqSuccess : stats.rqError).inc();
  }

  private endResponse(attempt: UpstreamTry): void {
    const { config, stream, outcome } = this.init;
    this.flow.endResponse();
    stream.streamInfo.lastUpstreamRxByteMs = this.sinceStart();
    stream.stopAwaitingResponse(this);
    if (this.requestEnded) {
      const elapsed = config.worker.clock.nowMs() - this.requestEndedAtMs;
      outcome.recordTime(this.choice.cluster.info, attempt.host, elapsed);
      if (config.dynamicStats) this.recordBudget(elapsed);
      // An early answer: the request's rest has no reader.
    } else attempt.cancel();
    this.endTry(attempt, 0);
  }

  /** Starts over where the upstream points to; false: the redirection goes to the client. */
  private redirect(attempt: UpstreamTry, headers: Headers): boolean {
    const { config, stream, route, forward, callbacks, headers: request } = this.init;
    const { stats } = this.choice.cluster.info;
    const policy = forward.internalRedirect;
    if (policy === undefined) return false;
    const whole = this.requestEnded && !this.bodyOverflowed;
    const method = request.get(":method");
    const drops = attempt.status === 303 && method !== "GET" && method !== "HEAD";
    const body = drops ? EMPTY : Buffer.concat(this.body.chunks);
    if (
      !whole ||
      !followRedirect({
        config,
        stream,
        route,
        policy,
        callbacks,
        request,
        response: headers,
        status: attempt.status,
      })
    ) {
      stats.upstreamInternalRedirectFailedTotal.inc();
      return false;
    }
    attempt.cancel();
    this.endTry(attempt, 0);
    stats.upstreamInternalRedirectSucceededTotal.inc();
    return stream.recreateWith(headers, body, this.trailers);
  }

  // ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────

  onTryReset(attempt: UpstreamTry, reason: StreamResetReason, transportFailure: string): undefined {
    if (this.destroyed) return;
    const { stream, outcome } = this.init;
    const { host } = attempt;
    if (!attempt.ready) this.choice.retry?.onHostAttempted(host);
    stream.streamInfo.upstreamTransportFailureReason = transportFailure;
    if (reason !== "overflow") host.outlier?.putResult("localOriginConnectFailed");
    const flag = flagOfReset(reason);
    if (this.retriesReset(reason, attempt, false)) return this.endTry(attempt, flag);
    if (this.responseStarted) this.countLateFailure(attempt);
    else outcome.countResponse(this.choice.cluster.info, host, statusOfReset(reason));
    this.endTry(attempt, flag);
    if (this.othersMayAnswer) return;
    stream.streamInfo.setResponseFlag(flag);
    const { status, body, details } = resetReply(
      reason,
      transportFailure,
      this.choice.isRetry,
      this.responseStarted,
    );
    this.reply(status, body, details, reason === "overflow");
  }

  onTryTimeout(attempt: UpstreamTry, which: TryTimeout): undefined {
    const { outcome, stream } = this.init;
    const { stats } = this.choice.cluster.info;
    const { host } = attempt;
    if (which === "maxDuration") {
      stats.upstreamRqMaxDurationReached.inc();
      attempt.cancel();
      if (this.retriesReset("local reset", attempt, false)) return this.endTry(attempt, 0);
      this.endTry(attempt, ResponseFlag.UpstreamMaxStreamDurationReached);
      stream.streamInfo.setResponseFlag(ResponseFlag.UpstreamMaxStreamDurationReached);
      const status = this.requestEnded ? 504 : 408;
      const details = "upstream_max_stream_duration_reached";
      return this.reply(status, "upstream max stream duration reached", details, false);
    }
    // Behind the response's head only the whole request's timeout holds.
    if (which === "perTry" && this.responseStarted) return;
    if (this.hedges) return this.onSoftTimeout(attempt);
    (which === "perTry" ? stats.upstreamRqPerTryTimeout : stats.upstreamRqPerTryIdleTimeout).inc();
    host.stats.rqTimeout.inc();
    attempt.cancel();
    host.outlier?.putResult("localOriginTimeout", this.timeoutStatus);
    const flag = ResponseFlag.UpstreamRequestTimeout;
    if (this.retriesReset("local reset", attempt, true)) return this.endTry(attempt, flag);
    if (this.responseStarted) this.countLateFailure(attempt);
    else outcome.countResponse(this.choice.cluster.info, host, this.timeoutStatus);
    if (this.timeoutStatus < 500) host.stats.rqError.inc();
    this.endTry(attempt, flag | (which === "perTryIdle" ? ResponseFlag.StreamIdleTimeout : 0));
    this.answerTimeout(which === "perTry" ? "upstream_per_try_timeout" : "upstream_per_try_idle_timeout");
  }

  /** Hedging: the late try goes on beside a new one. */
  private onSoftTimeout(attempt: UpstreamTry): undefined {
    attempt.host.outlier?.putResult("localOriginTimeout", this.timeoutStatus);
    attempt.outlierTimeoutRecorded = true;
    if (this.responseStarted || this.choice.retry === undefined || attempt.retried) return;
    this.settleRetry(this.choice.retry.afterSoftTimeout(), attempt, true);
  }

  /** The whole request's. */
  onResponseTimeout(): void {
    const { outcome } = this.init;
    const { stats } = this.choice.cluster.info;
    for (const attempt of this.tries.slice()) {
      const { host } = attempt;
      stats.upstreamRqTimeout.inc();
      for (const one of outcome.routeStats) one.upstreamRqTimeout.inc();
      host.stats.rqTimeout.inc();
      if (attempt.awaitingHeaders) {
        if (!attempt.outlierTimeoutRecorded)
          host.outlier?.putResult("localOriginTimeout", this.timeoutStatus);
        outcome.countResponse(this.choice.cluster.info, host, this.timeoutStatus);
        if (this.timeoutStatus < 500) host.stats.rqError.inc();
      }
      attempt.cancel();
      this.endTry(attempt, ResponseFlag.UpstreamRequestTimeout);
    }
    this.answerTimeout("response_timeout");
  }

  private recordBudget(elapsedMs: number): void {
    const { timeoutBudgets } = this.choice.cluster.info.tracked;
    timeoutBudgets?.percentUsed.record(percentOfTimeout(elapsedMs, this.timeouts.globalMs));
  }

  private answerTimeout(details: string): undefined {
    this.recordBudget(this.init.config.worker.clock.nowMs() - this.requestEndedAtMs);
    this.init.stream.streamInfo.setResponseFlag(ResponseFlag.UpstreamRequestTimeout);
    this.reply(
      this.timeoutStatus,
      this.timeoutStatus === 504 ? "upstream request timeout" : "",
      details,
      false,
    );
  }

  private answerNoHost(): undefined {
    this.choice.cluster.info.stats.upstreamCxNoneHealthy.inc();
    const wanted = this.choice.overrideHost;
    const isThere =
      wanted?.strict !== true ||
      this.choice.cluster.hostSets.some(({ hosts }) =>
        hosts.some(({ address }) => address === wanted.address),
      );
    return this.answerUnhealthy(isThere ? 503 : (wanted.statusWhenAbsent ?? 503));
  }

  /** There is no host, or no more pools may be made for them. */
  private answerUnhealthy(status = 503): undefined {
    const { stream, outcome } = this.init;
    stream.streamInfo.setResponseFlag(ResponseFlag.NoHealthyUpstream);
    outcome.countResponse(this.choice.cluster.info, undefined, status);
    this.reply(status, "no healthy upstream", "no_healthy_upstream", false);
  }

  private countLateFailure(attempt: UpstreamTry): void {
    if (!attempt.grpcOutcomeOpen) return;
    attempt.host.stats.rqError.inc();
    this.init.config.stats.rqResetAfterDownstreamResponseStarted.inc();
  }

  /** Ends it all by an answer of our own; once the response has begun, by a reset. `overloaded`: limits were reached. */
  private reply(status: number, body: string, details: string, overloaded: boolean): undefined {
    const { config, stream, forward, callbacks } = this.init;
    this.cancelTries(undefined);
    this.dropRetry();
    stream.stopAwaitingResponse(this);
    const counted = forward.includeAttemptCountInResponse && this.timeouts !== NO_TIMEOUTS;
    callbacks.sendLocalReply(status, body, details, (out: HeaderMap) => {
      if (overloaded && !config.suppressEnvoyHeaders) out.append("x-envoy-overloaded", "true");
      if (counted) out.set("x-envoy-attempt-count", String(this.attempts));
    });
  }

  // ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────────

  onAboveHighWatermark(): void {
    this.flow.onSinkFull();
  }
  onBelowLowWatermark(): void {
    this.flow.onSinkDrained();
  }

  private get requestEnded(): boolean {
    return this.requestEndedAtMs >= 0;
  }

  private sinceStart(): number {
    return this.init.config.worker.clock.nowMs() - this.init.stream.streamInfo.startNowMs;
  }

  private wallMs(): number {
    return this.init.stream.streamInfo.startTimeMs + this.sinceStart();
  }
}

const EMPTY = Buffer.alloc(0);
const NO_TIMEOUTS: RequestTimeouts = Object.freeze({ globalMs: 0, perTryMs: 0, perTryIdleMs: 0 });

/** Reads a header that is for the router alone, and takes it off. */
function take(headers: Headers, name: string): string | undefined {
  const value = headers.get(name);
  if (value !== undefined) headers.remove(name);
  return value;
}

function takeHedging(headers: Headers): boolean | undefined {
  const value = take(headers, "x-envoy-hedge-on-per-try-timeout");
  return value === "true" ? true : value === "false" ? false : undefined;
}
