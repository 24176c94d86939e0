export interface BucketSize {
  readonly perSecond: number;
  /** What may be taken at once after a rest. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const BUCKETS_MAX = 10_000;

/** A token bucket for each key. Memory is bounded: full buckets are forgotten first, then the oldest. */
export class TokenBuckets {
  readonly #size: BucketSize;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param nowMs monotonic */
  constructor(size: BucketSize, nowMs: () => number) {
    this.#size = size;
    this.#nowMs = nowMs;
  }

  /** Takes one; answers the whole seconds to wait when there is none, else 0. */
  take(key: string): number {
    const nowMs = this.#nowMs();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#size.burst, atMs: nowMs };
    this.#buckets.delete(key);
    if (this.#buckets.size >= BUCKETS_MAX) this.#forget(nowMs);
    this.#buckets.set(key, bucket);
    bucket.tokens = this.#tokensAt(bucket, nowMs);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.#size.perSecond));
    bucket.tokens -= 1;
    return 0;
  }

  #tokensAt({ tokens, atMs }: Bucket, nowMs: number): number {
    return Math.min(this.#size.burst, tokens + ((nowMs - atMs) / 1000) * this.#size.perSecond);
  }

  #forget(nowMs: number): void {
    for (const [key, bucket] of this.#buckets)
      if (this.#tokensAt(bucket, nowMs) >= this.#size.burst) this.#buckets.delete(key);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= BUCKETS_MAX && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
