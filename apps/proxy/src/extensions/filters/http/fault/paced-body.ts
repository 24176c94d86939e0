import type { Clock, EncoderCallbacks, Timer } from "@sluice/extension-api";

/** What is given out at a time: one slice each so often, at most a second's worth at once. */
const SLICE_MS = 50;
const SLICES_PER_SECOND = 1000 / SLICE_MS;

/**
 * A response body that leaves by so many KiB a second. As in Envoy the first bytes get one slice, so that short bodies are
 * paced too; who sends in bursts then may use up to a second's worth at once.
 */
export class PacedBody {
  private readonly callbacks: EncoderCallbacks;
  private readonly clock: Clock;
  private readonly sliceBytes: number;
  private readonly timer: Timer;
  private readonly waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private slices = 1;
  /** -1: nothing has come yet. */
  private filledAtMs = -1;
  private ended = false;
  private withTrailers = false;
  private paused = false;

  constructor(callbacks: EncoderCallbacks, kibPerSecond: number) {
    this.callbacks = callbacks;
    this.clock = callbacks.clock;
    this.sliceBytes = Math.max(1, Math.floor((kibPerSecond * 1024) / SLICES_PER_SECOND));
    this.timer = callbacks.timers.create(() => this.release());
  }

  write(chunk: Uint8Array, endStream: boolean): void {
    // A chunk is only lent.
    if (chunk.length > 0) this.waiting.push(Buffer.from(chunk));
    this.waitingBytes += chunk.length;
    this.ended = endStream;
    if (!this.paused && !endStream && this.waitingBytes > this.callbacks.bufferLimitBytes()) {
      this.paused = true;
      this.callbacks.pauseResponse();
    }
    if (!this.timer.armed) this.timer.arm(0);
  }

  /** The message ends in trailers; false: nothing waits, they may go. */
  holdTrailers(): boolean {
    this.withTrailers = this.waitingBytes > 0 || this.timer.armed;
    return this.withTrailers;
  }

  stop(): void {
    this.timer.disarm();
    this.waiting.length = 0;
    this.waitingBytes = 0;
  }

  private release(): void {
    this.refill();
    const slices = Math.min(this.slices, Math.ceil(this.waitingBytes / this.sliceBytes));
    this.slices -= slices;
    let budget = slices * this.sliceBytes;
    const chunks: Uint8Array[] = [];
    while (budget > 0) {
      const first = this.waiting[0];
      if (first === undefined) break;
      const chunk = first.length <= budget ? first : first.subarray(0, budget);
      if (chunk === first) this.waiting.shift();
      else this.waiting[0] = first.subarray(budget);
      budget -= chunk.length;
      this.waitingBytes -= chunk.length;
      chunks.push(chunk);
    }
    const over = this.waitingBytes === 0;
    if (!over) this.timer.arm(SLICE_MS);
    if (this.paused && this.waitingBytes <= this.callbacks.bufferLimitBytes() / 2) {
      this.paused = false;
      this.callbacks.resumeResponse();
    }
    const last = over && this.ended && !this.withTrailers;
    if (chunks.length > 0 || last) this.callbacks.injectEncodedData(Buffer.concat(chunks), last);
    if (over && this.withTrailers) this.callbacks.continueEncoding();
  }

  private refill(): void {
    const now = this.clock.nowMs();
    if (this.filledAtMs < 0) this.filledAtMs = now;
    const gained = Math.floor((now - this.filledAtMs) / SLICE_MS);
    this.filledAtMs += gained * SLICE_MS;
    this.slices = Math.min(SLICES_PER_SECOND, this.slices + gained);
  }
}
