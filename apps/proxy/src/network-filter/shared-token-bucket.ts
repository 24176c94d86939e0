import type { Clock } from "@sluice/extension-api";
import type { SharedNumber } from "../worker/shared-slots.ts";

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
  private readonly clock: Clock;
  private readonly emptyAt: SharedNumber;
  private readonly maxTokens: number;
  private readonly tokensPerMs: number;

  /** `emptyAt` starts as 1 at most: full. */
  constructor(settings: TokenBucketSettings, emptyAt: SharedNumber, clock: Clock) {
    this.clock = clock;
    this.emptyAt = emptyAt;
    this.maxTokens = settings.maxTokens;
    this.tokensPerMs = settings.tokensPerFill / settings.fillIntervalMs;
  }

  /** Takes one token; false when there is none. Wall time, since the threads' monotonic clocks differ. */
  consume(): boolean {
    for (;;) {
      const before = this.emptyAt.load();
      const now = this.clock.wallMs();
      const tokens = Math.min(this.maxTokens, (now - before) * this.tokensPerMs);
      if (tokens < 1) return false;
      if (this.emptyAt.exchange(before, now - (tokens - 1) / this.tokensPerMs)) return true;
    }
  }
}
