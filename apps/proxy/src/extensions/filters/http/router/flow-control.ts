import type { DecoderCallbacks, WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterStats } from "../../../../cluster/thread-local-cluster.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/** Who holds back whom in one exchange, and what is counted of it. */
export class FlowControl {
  private readonly callbacks: DecoderCallbacks;
  private readonly stats: ClusterStats;
  private requestHeld = false;
  private sinkFull = false;
  private held: UpstreamTry | undefined = undefined;

  constructor(callbacks: DecoderCallbacks, stats: ClusterStats) {
    this.callbacks = callbacks;
    this.stats = stats;
  }

  /** The request's sink: an upstream connection or stream. */
  onSinkFull(): void {
    this.sinkFull = true;
    this.stats.upstreamFlowControlBackedUpTotal.inc();
    this.holdRequest();
  }
  onSinkDrained(): void {
    this.sinkFull = false;
    this.stats.upstreamFlowControlDrainedTotal.inc();
    this.releaseRequest();
  }

  /** No more of the request is wanted now. */
  holdRequest(): void {
    if (this.requestHeld) return;
    this.requestHeld = true;
    this.callbacks.pauseRequest();
  }
  releaseRequest(): void {
    if (!this.requestHeld || this.sinkFull) return;
    this.requestHeld = false;
    this.callbacks.resumeRequest();
  }

  holdResponse(attempt: UpstreamTry): void {
    if (this.held !== undefined) return;
    this.held = attempt;
    this.stats.upstreamFlowControlPausedReadingTotal.inc();
    attempt.readDisable(true);
  }
  releaseResponse(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    this.stats.upstreamFlowControlResumedReadingTotal.inc();
    held.readDisable(false);
  }

  /** The response is through: nothing of it is held back, and what is left of the request need not wait for its sink. */
  endResponse(): void {
    this.releaseResponse();
    this.sinkFull = false;
    this.releaseRequest();
  }
}

/** Told of the response's sink, the client, where the exchange itself is told of the request's. */
export class DownstreamWatermarks implements WatermarkCallbacks {
  private readonly flow: FlowControl;
  private readonly attempt: UpstreamTry;

  constructor(flow: FlowControl, attempt: UpstreamTry) {
    this.flow = flow;
    this.attempt = attempt;
  }
  onAboveHighWatermark(): void {
    this.flow.holdResponse(this.attempt);
  }
  onBelowLowWatermark(): void {
    this.flow.releaseResponse();
  }
}
