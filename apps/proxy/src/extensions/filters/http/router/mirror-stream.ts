import { type ConnectionInfo, ResponseFlag, type Timer } from "@sluice/extension-api";
import type { LoadBalancerContext, ThreadLocalCluster } from "../../../../cluster/thread-local-cluster.ts";
import type { StreamResetReason } from "../../../../http/codec.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { missingRequestHeader } from "../../../../http/required-headers.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../../load-balancer/metadata-match.ts";
import type { FilteredCallbacks } from "../../../../upstream/filtered-exchange.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import { flagOfReset, statusOfReset } from "./failure.ts";
import { KeptRequest, sendKept } from "./kept-request.ts";
import { mirrorPool } from "./mirror-pool.ts";
import { MirrorTrace } from "./mirror-trace.ts";
import { OutcomeStats } from "./outcome-stats.ts";
import { type TryOwner, UpstreamTry } from "./upstream-try.ts";

/**
 * One copy of a request: sent along as the request comes in, its response read and dropped. It waits for nobody and nobody
 * waits for it: what its cluster does not take in time is given up beyond the request's buffer limit.
 */
export class MirrorStream implements TryOwner, LoadBalancerContext, FilteredCallbacks {
  readonly highPriority = false;
  readonly requestHeaders: Headers;
  readonly hostSelectionAttempts = 1;
  private readonly init: ExchangeInit;
  private readonly cluster: ThreadLocalCluster;
  private readonly timeoutMs: number;
  private readonly outcome: OutcomeStats;
  private readonly request = new KeptRequest();
  private readonly trace: MirrorTrace | undefined;
  private attempt: UpstreamTry | undefined = undefined;
  private timeout: Timer | undefined = undefined;
  private headersOnly = false;
  /** The request's end has been sent: nothing may follow it. */
  private endSent = false;
  private sinkFull = false;
  private filterPauses = 0;
  private over = false;

  /** `traceSampled`: what its policy says. */
  constructor(
    init: ExchangeInit,
    cluster: ThreadLocalCluster,
    headers: Headers,
    timeoutMs: number,
    traceSampled: boolean | undefined,
  ) {
    this.init = init;
    this.cluster = cluster;
    this.requestHeaders = headers;
    this.timeoutMs = timeoutMs;
    const { localInfo } = init.config.worker;
    headers.set(EnvoyHeader.internal, "true");
    const xff = headers.getAll("x-forwarded-for");
    if (localInfo.address !== "") {
      headers.set("x-forwarded-for", xff === undefined ? localInfo.address : `${xff},${localInfo.address}`);
    }
    if (timeoutMs > 0 && !init.config.suppressEnvoyHeaders) {
      headers.set(EnvoyHeader.expectedRqTimeoutMs, String(timeoutMs));
    }
    this.outcome = new OutcomeStats(init.config, headers, init.isGrpc, [], false);
    this.trace = MirrorTrace.start(init.stream, cluster.info, headers, traceSampled);
  }

  computeHash(): bigint | undefined {
    return undefined;
  }
  get metadataMatch(): MetadataMatch | undefined {
    const { route, stream } = this.init;
    return mergeMetadataMatch(route.policies.metadataMatch, stream.streamInfo.getDynamicMetadata("envoy.lb"));
  }
  shouldSelectAnotherHost(): boolean {
    return false;
  }

  start(headersOnly: boolean): void {
    const { config } = this.init;
    const { clock } = config.worker;
    const { info } = this.cluster;
    this.headersOnly = headersOnly;
    if (headersOnly) this.request.endedAtMs = clock.nowMs();
    const host = this.cluster.chooseHost(this);
    if (host === undefined) {
      info.stats.upstreamCxNoneHealthy.inc();
      this.outcome.countResponse(info, undefined, 503);
      this.trace?.failed(503, ResponseFlag.NoHealthyUpstream);
      this.end();
      return;
    }
    const attempt = new UpstreamTry(this, info, host, mirrorPool(this.init, info, host, this));
    attempt.startedAtMs = clock.nowMs();
    this.attempt = attempt;
    this.trace?.sentTo(host);
    this.armTimeout();
    attempt.start();
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (this.over) return;
    const { attempt, behind } = this;
    const bytesMax = this.init.forward.bodyBytesMax ?? this.init.callbacks.decoderBufferLimit();
    if (behind && this.request.bytes + chunk.length > bytesMax) {
      this.cluster.info.stats.retryOrShadowAbandoned.inc();
      this.giveUp();
      return;
    }
    if (endStream) this.request.endedAtMs = this.init.config.worker.clock.nowMs();
    if (behind) this.request.add(chunk);
    else {
      this.endSent = endStream;
      attempt?.encodeData(chunk, endStream);
    }
    if (endStream) this.armTimeout();
  }

  requestTrailers(trailers: Headers): void {
    if (this.over) return;
    this.request.trailers = trailers;
    this.request.endedAtMs = this.init.config.worker.clock.nowMs();
    if (!this.behind) {
      this.endSent = true;
      this.attempt?.encodeTrailers(trailers);
    }
    this.armTimeout();
  }

  /** The request that it copies is over. */
  onRequestGone(): void {
    if (!this.request.ended) this.giveUp();
  }

  onTryOpen(attempt: UpstreamTry): undefined {
    if (this.over) return attempt.cancel();
    this.endSent = this.headersOnly;
    attempt.encodeHeaders(this.requestHeaders, this.headersOnly);
    this.flush(attempt);
  }

  onTryReady(attempt: UpstreamTry, _connection: ConnectionInfo, open: boolean): undefined {
    if (this.over) return attempt.cancel();
    attempt.host.outlier?.putResult("localOriginConnectSuccess");
    if (open) return;
    if (missingRequestHeader(this.requestHeaders) !== undefined) return this.giveUp();
    this.onTryOpen(attempt);
  }

  onTry1xx(): void {}

  onTryHeaders(attempt: UpstreamTry, headers: Headers, endStream: boolean): void {
    const { host, status } = attempt;
    this.trace?.answered(headers, status);
    host.outlier?.putHttpResponseCode(status);
    if (headers.has(EnvoyHeader.degraded)) host.outlier?.putDegraded();
    this.outcome.countResponse(this.cluster.info, host, status, headers);
    if (status < 500) host.stats.rqSuccess.inc();
    if (endStream) this.onResponseEnd(attempt);
  }

  onTryData(attempt: UpstreamTry, _chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.onResponseEnd(attempt);
  }

  onTryTrailers(attempt: UpstreamTry, trailers: Headers): void {
    this.trace?.trailers(trailers);
    this.onResponseEnd(attempt);
  }

  onTryReset(attempt: UpstreamTry, reason: StreamResetReason): void {
    if (this.over) return;
    if (reason === "overflow") this.cluster.info.drops?.all.inc();
    else attempt.host.outlier?.putResult("localOriginConnectFailed");
    if (attempt.status === 0) {
      const status = statusOfReset(reason);
      this.outcome.countResponse(this.cluster.info, attempt.countedHost, status);
      this.trace?.failed(status, flagOfReset(reason));
    }
    this.end();
  }

  onTryTimeout(): void {}

  onAboveHighWatermark(): void {
    this.sinkFull = true;
    this.cluster.info.stats.upstreamFlowControlBackedUpTotal.inc();
  }
  onBelowLowWatermark(): void {
    this.sinkFull = false;
    this.cluster.info.stats.upstreamFlowControlDrainedTotal.inc();
    if (this.attempt !== undefined && !this.over && !this.behind) this.flush(this.attempt);
  }

  // ── from the filters of its cluster ─────────────────────────────────────────────────────────────────────────────────

  bufferLimitBytes(): number {
    return this.init.callbacks.bufferLimitBytes();
  }

  /** A filter answers in the cluster's place: to nobody. */
  sendLocalReply(): void {
    this.giveUp();
  }

  pauseRequest(): void {
    this.filterPauses++;
  }

  resumeRequest(): void {
    if (--this.filterPauses === 0 && this.attempt?.takes === true && !this.over && !this.sinkFull)
      this.flush(this.attempt);
  }

  private get behind(): boolean {
    return this.attempt?.takes !== true || this.sinkFull || this.filterPauses > 0;
  }

  /** Sends what has waited. The sink may fill, and empty again, at each piece of it. */
  private flush(attempt: UpstreamTry): void {
    if (this.endSent) return;
    const { chunks } = this.request;
    this.endSent = this.request.ended;
    this.request.clear();
    sendKept(this.request, chunks, attempt);
  }

  private armTimeout(): void {
    if (this.timeoutMs <= 0 || !this.request.ended || this.timeout !== undefined || this.over) return;
    this.timeout = this.init.config.worker.timers.create(() => this.onTimeout());
    this.timeout.arm(this.timeoutMs);
  }

  private onTimeout(): void {
    const { attempt } = this;
    const { info } = this.cluster;
    info.stats.upstreamRqTimeout.inc();
    if (attempt !== undefined) {
      attempt.host.stats.rqTimeout.inc();
      if (attempt.status === 0) {
        this.outcome.countResponse(info, attempt.host, 504);
        this.trace?.failed(504, ResponseFlag.UpstreamRequestTimeout);
      }
    }
    this.giveUp();
  }

  private onResponseEnd(attempt: UpstreamTry): void {
    if (this.request.ended) {
      const elapsed = this.init.config.worker.clock.nowMs() - this.request.endedAtMs;
      this.outcome.recordTime(this.cluster.info, attempt.host, elapsed);
    } else attempt.cancel();
    this.end();
  }

  private giveUp(): undefined {
    this.attempt?.cancel();
    this.end();
  }

  private end(): void {
    this.over = true;
    this.attempt = undefined;
    this.timeout?.disarm();
    this.request.clear();
    this.trace?.end();
  }
}
