import type { Clock } from "@sluice/extension-api";
import type { SharedNumber } from "./shared-slots.ts";

const RESOLUTION_MS = 0.001;

export interface TokenBucketSettings {
  readonly maxTokens: number;
  readonly tokensPerFill: number;
  readonly fillIntervalMs: number;
}

/**
 * A token bucket over all workers: the one number that they share is the moment at which the bucket would have been empty, so
 * that time fills it by itself.
 */
export class SharedTokenBucket {
  readonly maxTokens: number;
  readonly tokensPerMs: number;
  private readonly clock: Clock;
  private readonly emptyAt: SharedNumber;

  /** `emptyAt` starts as 1 at most: full. */
  constructor(settings: TokenBucketSettings, emptyAt: SharedNumber, clock: Clock) {
    this.clock = clock;
    this.emptyAt = emptyAt;
    this.maxTokens = settings.maxTokens;
    this.tokensPerMs = settings.tokensPerFill / settings.fillIntervalMs;
  }

  /** Takes tokens, or gives back (negative); false, and nothing taken, when there are fewer. */
  consume(count = 1): boolean {
    for (;;) {
      const before = this.emptyAt.load();
      const now = this.clock.wallMs();
      const tokens = this.tokensAt(now, before);
      if (tokens < count) return false;
      const left = Math.min(this.maxTokens, tokens - count);
      if (this.emptyAt.exchange(before, now - left / this.tokensPerMs)) return true;
    }
  }

  /** With a fraction. */
  remaining(): number {
    return this.tokensAt(this.clock.wallMs(), this.emptyAt.load());
  }

  /** Until there is a whole token; 0: there is one. */
  nextTokenMs(): number {
    const tokens = this.remaining();
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.tokensPerMs - RESOLUTION_MS);
  }

  /**
   * `now`: wall time, since the threads' monotonic clocks differ. Doubles tell it to a quarter of a microsecond, so that a bucket
   * which should have one token has a little less or more: within a microsecond of a whole number it is one.
   */
  private tokensAt(now: number, emptyAt: number): number {
    const tokens = Math.min(this.maxTokens, (now - emptyAt) * this.tokensPerMs);
    const whole = Math.round(tokens);
    return Math.abs(tokens - whole) < this.tokensPerMs * RESOLUTION_MS ? whole : tokens;
  }
}

/** What a bucket of one thread alone is kept in. */
export class LocalNumber implements SharedNumber {
  private value: number;

  constructor(initial: number) {
    this.value = initial;
  }

  load(): number {
    return this.value;
  }

  exchange(_expected: number, next: number): boolean {
    this.value = next;
    return true;
  }
}
