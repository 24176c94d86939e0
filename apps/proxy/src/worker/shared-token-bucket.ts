import type { Clock } from "@sluice/extension-api";
import type { SharedNumber } from "./shared-slots.ts";

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
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.tokensPerMs);
  }

  /** Wall time, since the threads' monotonic clocks differ. */
  private tokensAt(now: number, emptyAt: number): number {
    return Math.min(this.maxTokens, (now - emptyAt) * this.tokensPerMs);
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
