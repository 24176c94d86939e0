/** `RateLimitSettings`: requests of a stream take tokens, which come back at a steady rate. */
export class RequestBucket {
  readonly #tokensMax: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt = 0;

  constructor({ tokensMax, perSecond }: { readonly tokensMax: number; readonly perSecond: number }) {
    this.#tokensMax = tokensMax;
    this.#perSecond = perSecond;
    this.#tokens = tokensMax;
  }

  /** Takes one and answers 0, or answers how long to wait, in milliseconds. */
  take(nowMs: number): number {
    const gained = ((nowMs - this.#filledAt) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#tokensMax, this.#tokens + gained);
    this.#filledAt = nowMs;
    if (this.#tokens < 1) return Math.max(1, Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond));
    this.#tokens -= 1;
    return 0;
  }
}
