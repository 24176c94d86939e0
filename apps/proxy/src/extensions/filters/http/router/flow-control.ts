import type { DecoderCallbacks, WatermarkCallbacks } from "@sluice/extension-api";
import type { ClusterStats } from "../../../../cluster/thread-local-cluster.ts";
import type { UpstreamTry } from "./upstream-try.ts";

/** Who holds back whom in one exchange, and what is counted of it. */
export class FlowControl implements WatermarkCallbacks {
  private readonly callbacks: DecoderCallbacks;
  private readonly stats: ClusterStats;
  private requestHeld = false;
  private sinkFull = false;
  private answering: UpstreamTry | undefined = undefined;
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

  /** The response of this try goes to the client, at the client's pace. */
  beginResponse(attempt: UpstreamTry): void {
    this.answering = attempt;
    this.callbacks.setDownstreamWatermarkCallbacks(this);
  }
  onAboveHighWatermark(): void {
    const { answering } = this;
    if (this.held !== undefined || answering === undefined) return;
    this.held = answering;
    this.stats.upstreamFlowControlPausedReadingTotal.inc();
    answering.readDisable(true);
  }
  onBelowLowWatermark(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    this.stats.upstreamFlowControlResumedReadingTotal.inc();
    held.readDisable(false);
  }

  /** The response is through: nothing of it is held back, and what is left of the request need not wait for its sink. */
  endResponse(): void {
    this.onBelowLowWatermark();
    this.sinkFull = false;
    this.releaseRequest();
  }
}
