/** So many a second and key, with a burst of one second's worth. */
export class RateCap {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** How many of `wanted` may pass now. */
  take(key: string, wanted: number, nowMs: number): number {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: this.#perSecond, atMs: nowMs };
      this.#buckets.set(key, bucket);
    }
    const refill = (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#perSecond;
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + refill);
    bucket.atMs = nowMs;
    const taken = Math.min(wanted, Math.floor(bucket.tokens));
    bucket.tokens -= taken;
    return taken;
  }
}

/** `count` of the items: the notable ones first, then evenly spread, in their order. */
export function pickSample<T>(items: readonly T[], count: number, notable: (item: T) => boolean): T[] {
  if (count >= items.length) return [...items];
  if (count <= 0) return [];
  const first = items.filter(notable);
  if (first.length >= count) return evenly(first, count);
  const others = new Set(
    evenly(
      items.filter((item) => !notable(item)),
      count - first.length,
    ),
  );
  return items.filter((item) => others.has(item) || notable(item));
}

function evenly<T>(items: readonly T[], count: number): T[] {
  return items.filter(
    (_, index) =>
      Math.floor(((index + 1) * count) / items.length) > Math.floor((index * count) / items.length),
  );
}
