import { type HeaderMap, ResponseFlag, type StreamInfo, type Timer } from "@sluice/extension-api";
import type { ClusterInfo, Host, Resource } from "../../../../cluster/thread-local-cluster.ts";
import { backOffCeilingMs } from "../../../../event/back-off.ts";
import type { StreamResetReason } from "../../../../http/codec.ts";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { RetryOn } from "../../../../http/retry-on.ts";
import type { RetryHostPredicate, RetryPriority } from "../../../../load-balancer/retry-extensions.ts";
import type { RetryConfig } from "../../../../route/retry-policy.ts";
import type { RouteStats } from "../../../../route/route-entry.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import { grpcStatusOfHeaders } from "./grpc-outcome.ts";
import { parseUint64 } from "./parse-uint64.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/** What became of the wish for another try. `Begun`: one goes on beside this already (hedging). */
export const RetryStatus = { No: 0, Overflow: 1, LimitExceeded: 2, Yes: 3, Begun: 4 } as const;
export type RetryStatus = (typeof RetryStatus)[keyof typeof RetryStatus];

const Decision = { No: 0, WithBackOff: 1, Immediately: 2 } as const;
type Decision = (typeof Decision)[keyof typeof Decision];

const TOO_EARLY = 425;
const GRPC_BITS =
  RetryOn.GrpcCancelled |
  RetryOn.GrpcDeadlineExceeded |
  RetryOn.GrpcResourceExhausted |
  RetryOn.GrpcUnavailable |
  RetryOn.GrpcInternal;
/** gRPC status → its bit. */
const GRPC_BIT: Readonly<Record<number, number>> = {
  1: RetryOn.GrpcCancelled,
  4: RetryOn.GrpcDeadlineExceeded,
  8: RetryOn.GrpcResourceExhausted,
  13: RetryOn.GrpcInternal,
  14: RetryOn.GrpcUnavailable,
};

/** Who is told that the time of the next try has come. */
export interface RetryOwner {
  /** The next try's cluster, where the policy wants it chosen anew; undefined: it cannot be. */
  refreshCluster(): ClusterInfo | undefined;
  tryAgain(): void;
}

/**
 * What one request may still do by way of retries. While a retry is on its way it holds one of the cluster's `retries`. Counts,
 * and flags in the access log, what it decides; a try that is retried is marked as such.
 */
export class RetryState {
  /** By route or header, `x-envoy-retriable-…` included. */
  readonly config: RetryConfig;
  /** Another try is to come, after its pause. */
  pending = false;
  /** … because one was late. */
  afterTimeout = false;
  private retriesLeft: number;
  private readonly worker: WorkerContext;
  private info: ClusterInfo;
  private readonly routeStats: readonly RouteStats[];
  /** Of the first cluster, whichever others follow. */
  private readonly retries: Resource;
  private readonly streamInfo: StreamInfo;
  private readonly owner: RetryOwner;
  private readonly hostPredicates: readonly RetryHostPredicate[];
  private readonly priority: RetryPriority | undefined;
  private held = false;
  /** Retries behind a pause that grows. */
  private backOffs = 0;
  private resetAfterMs = 0;
  private timer: Timer | undefined = undefined;

  constructor(config: RetryConfig, init: ExchangeInit, info: ClusterInfo, owner: RetryOwner) {
    this.config = config;
    this.worker = init.config.worker;
    this.info = info;
    this.routeStats = init.outcome.routeStats;
    this.retries = info.circuitBreakers[init.forward.highPriority ? "high" : "default"].retries;
    this.streamInfo = init.stream.streamInfo;
    this.owner = owner;
    this.retriesLeft = config.numRetries;
    this.hostPredicates = config.hostPredicates.map((create) => create());
    this.priority = config.priority?.();
  }

  get hostSelectionAttempts(): number {
    return this.config.hostSelectionMaxAttempts;
  }

  get adjustPriorityLoad(): RetryPriority["adjustPriorityLoad"] | undefined {
    return this.priority?.adjustPriorityLoad;
  }

  shouldSelectAnotherHost(host: Host): boolean {
    for (const predicate of this.hostPredicates) if (predicate.shouldSelectAnotherHost(host)) return true;
    return false;
  }

  onHostAttempted(host: Host): void {
    for (const predicate of this.hostPredicates) predicate.onHostAttempted(host);
    this.priority?.onHostAttempted(host);
  }

  /** After a response's head: arms the next try if there is one. */
  afterHeaders(attempt: UpstreamTry, response: HeaderMap): RetryStatus {
    const decision = this.decideOnHeaders(response, attempt.status);
    if (attempt.retried) return decision === Decision.No ? RetryStatus.No : RetryStatus.Begun;
    if (decision === Decision.WithBackOff) this.resetAfterMs = this.resetInterval(response);
    return this.retry(decision, attempt, false);
  }

  /** `late`: it was this proxy that lost patience. */
  afterReset(attempt: UpstreamTry, reason: StreamResetReason, late: boolean): RetryStatus {
    const retries = this.decideOnReset(reason, attempt.ready);
    return this.retry(retries ? Decision.WithBackOff : Decision.No, attempt, late);
  }

  /** A hedged try is late: another goes beside it, whatever the conditions. */
  afterSoftTimeout(attempt: UpstreamTry): RetryStatus {
    return this.retry(Decision.WithBackOff, attempt, true);
  }

  /** No retry any more; gives back what it holds. */
  dispose(): void {
    this.pending = false;
    this.timer?.disarm();
    this.release();
  }

  private release(): void {
    if (!this.held) return;
    this.held = false;
    this.retries.release();
  }

  private retry(decision: Decision, attempt: UpstreamTry, late: boolean): RetryStatus {
    const { info, routeStats, streamInfo } = this;
    // Held still: this is the outcome of a retry, and a good one.
    if (this.held && decision === Decision.No) {
      info.stats.upstreamRqRetrySuccess.inc();
      for (const stats of routeStats) stats.upstreamRqRetrySuccess.inc();
    }
    this.timer?.disarm();
    this.release();
    if (decision === Decision.No) return RetryStatus.No;
    if (this.retriesLeft <= 0) {
      info.stats.upstreamRqRetryLimitExceeded.inc();
      for (const stats of routeStats) stats.upstreamRqRetryLimitExceeded.inc();
      streamInfo.setResponseFlag(ResponseFlag.UpstreamRetryLimitExceeded);
      return RetryStatus.LimitExceeded;
    }
    this.retriesLeft--;
    if (!this.retries.tryAcquire()) {
      info.stats.upstreamRqRetryOverflow.inc();
      for (const stats of routeStats) stats.upstreamRqRetryOverflow.inc();
      streamInfo.setResponseFlag(ResponseFlag.UpstreamOverflow);
      return RetryStatus.Overflow;
    }
    if (!this.worker.runtime.featureEnabled("upstream.use_retry", 100, 100, this.worker.random.uint32())) {
      this.retries.release();
      return RetryStatus.No;
    }
    this.held = true;
    this.pending = true;
    this.afterTimeout = late;
    attempt.retried = true;
    this.timer ??= this.worker.timers.create(() => this.onPauseOver());
    this.timer.arm(decision === Decision.Immediately ? 0 : this.backOffMs());
    return RetryStatus.Yes;
  }

  private onPauseOver(): void {
    const { config, owner, routeStats } = this;
    this.pending = false;
    // As in Envoy a retry counts when it goes, and for the cluster that it goes to, if there is any.
    const next = config.refreshesCluster ? owner.refreshCluster() : this.info;
    if (next !== undefined) {
      this.info = next;
      next.stats.upstreamRqRetry.inc();
      for (const stats of routeStats) stats.upstreamRqRetry.inc();
    }
    owner.tryAgain();
  }

  private backOffMs(): number {
    const { config, worker, info } = this;
    const random = worker.random.uint32();
    const after = this.resetAfterMs;
    if (after > 1) {
      this.resetAfterMs = 0;
      info.stats.upstreamRqRetryBackoffRatelimited.inc();
      return after + (random % Math.max(1, Math.floor(after / 2)));
    }
    info.stats.upstreamRqRetryBackoffExponential.inc();
    const base =
      config.baseIntervalMs || Math.max(1, worker.runtime.integer("upstream.base_retry_backoff_ms", 25));
    const ceiling = backOffCeilingMs(++this.backOffs, base, config.maxIntervalMs || base * 10);
    return random % Math.max(1, Math.round(ceiling));
  }

  /** When the response says that it will do again, in ms from now; 0 when it does not, or too late. */
  private resetInterval(response: HeaderMap): number {
    const { resetHeaders, resetMaxIntervalMs } = this.config;
    for (const { name, format } of resetHeaders) {
      const seconds = parseUint64(response.get(name) ?? "");
      if (seconds === undefined) continue;
      const at = seconds * 1000;
      const after = format === "seconds" ? at : at - Math.floor(this.worker.clock.wallMs() / 1000) * 1000;
      if (after >= 0 && after <= resetMaxIntervalMs) return after;
    }
    return 0;
  }

  private decideOnHeaders(response: HeaderMap, status: number): Decision {
    const { retryOn, statusCodes, retriableHeaders } = this.config;
    const has = (bit: number): boolean => (retryOn & bit) !== 0;
    // An Envoy behind this one said so: every other reason is out.
    if (response.has(EnvoyHeader.ratelimited)) return decision(has(RetryOn.EnvoyRatelimited));
    if (has(RetryOn.FiveXx) && status >= 500 && status < 600) return Decision.WithBackOff;
    if (has(RetryOn.GatewayError) && status >= 502 && status <= 504) return Decision.WithBackOff;
    if (has(RetryOn.Retriable4xx) && status === 409) return Decision.WithBackOff;
    if (has(RetryOn.RetriableStatusCodes) && statusCodes.includes(status)) {
      return status === TOO_EARLY ? Decision.Immediately : Decision.WithBackOff;
    }
    if (has(RetryOn.RetriableHeaders)) {
      for (const condition of retriableHeaders) {
        if (condition.matches(response, 0, NO_CONTEXT)) return Decision.WithBackOff;
      }
    }
    if (!has(GRPC_BITS)) return Decision.No;
    const grpc = grpcStatusOfHeaders(response);
    return decision(grpc !== undefined && has(GRPC_BIT[grpc] ?? 0));
  }

  private decideOnReset(reason: StreamResetReason, requestStarted: boolean): boolean {
    const { retryOn } = this.config;
    if (reason === "overflow") return false;
    if ((retryOn & (RetryOn.FiveXx | RetryOn.GatewayError | RetryOn.Reset)) !== 0) return true;
    if (!requestStarted && (retryOn & RetryOn.ResetBeforeRequest) !== 0) return true;
    if (reason === "remote refused stream reset") return (retryOn & RetryOn.RefusedStream) !== 0;
    return isConnectFailure(reason) && (retryOn & RetryOn.ConnectFailure) !== 0;
  }
}

const NO_CONTEXT = {};

function decision(retry: boolean): Decision {
  return retry ? Decision.WithBackOff : Decision.No;
}

function isConnectFailure(reason: StreamResetReason): boolean {
  return (
    reason === "remote connection failure" ||
    reason === "local connection failure" ||
    reason === "connection timeout"
  );
}
