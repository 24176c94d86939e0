import type { WatermarkCallbacks } from "@sluice/extension-api";

/** Tells the source of a response when to wait: while its sink, the client, is full, and while filters hold enough of it. */
export class ResponseWatermarks implements WatermarkCallbacks {
  private readonly source: WatermarkCallbacks;
  private sinkFull: boolean;
  private holds: number;

  /** `sinkFull` and `holds`: as they are now; the source is told at once. */
  constructor(source: WatermarkCallbacks, sinkFull: boolean, holds: number) {
    this.source = source;
    this.sinkFull = sinkFull;
    this.holds = holds;
    if (sinkFull || holds > 0) source.onAboveHighWatermark();
  }

  onAboveHighWatermark(): void {
    if (this.sinkFull) return;
    this.sinkFull = true;
    if (this.holds === 0) this.source.onAboveHighWatermark();
  }
  onBelowLowWatermark(): void {
    if (!this.sinkFull) return;
    this.sinkFull = false;
    if (this.holds === 0) this.source.onBelowLowWatermark();
  }

  /** `holds`: how many filters hold the response back from now on. */
  hold(holds: number): void {
    const before = this.holds;
    this.holds = holds;
    if (this.sinkFull || before > 0 === holds > 0) return;
    if (holds > 0) this.source.onAboveHighWatermark();
    else this.source.onBelowLowWatermark();
  }
}
