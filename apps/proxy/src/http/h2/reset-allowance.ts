/**
 * How many streams a peer may reset (`stream_reset_burst`, `stream_reset_rate`): a bucket that whole seconds fill, as in the library
 * of Envoy's codec.
 */
export class ResetAllowance {
  private readonly burst: number;
  private readonly perSecond: number;
  private left: number;
  private filledAtSeconds: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
    this.filledAtSeconds = Math.floor(nowMs / 1000);
  }

  /** One more; false: that was one too many. */
  take(nowMs: number): boolean {
    const seconds = Math.floor(nowMs / 1000);
    if (seconds > this.filledAtSeconds) {
      this.left = Math.min(this.burst, this.left + (seconds - this.filledAtSeconds) * this.perSecond);
      this.filledAtSeconds = seconds;
    }
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}
