export interface FailureLimiterOptions {
  /** Failures that a key may have within `windowMs`. */
  readonly failuresMax: number;
  readonly windowMs: number;
  /** Keys remembered at most; the oldest are forgotten. Default 10,000. */
  readonly keysMax?: number;
}

/** Lets a key wait once it has failed too often, until the window that began with its first failure has passed. */
export class FailureLimiter {
  readonly #options: FailureLimiterOptions;
  readonly #windows = new Map<string, { readonly endsAtMs: number; failures: number }>();

  constructor(options: FailureLimiterOptions) {
    this.#options = options;
  }

  /** How long the key has to wait; 0: not at all. */
  waitMs(key: string, nowMs: number): number {
    const window = this.#windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs) return 0;
    return window.failures >= this.#options.failuresMax ? window.endsAtMs - nowMs : 0;
  }

  count(key: string, nowMs: number): void {
    const { windowMs, keysMax = 10_000 } = this.#options;
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs) {
      window = { endsAtMs: nowMs + windowMs, failures: 0 };
      this.#windows.delete(key);
      this.#windows.set(key, window);
    }
    window.failures++;
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= keysMax) break;
      this.#windows.delete(oldest);
    }
  }
}
