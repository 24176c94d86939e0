import type { Clock } from "@sluice/extension-api";
import type { RateLimitDescriptor } from "../../../../route/rate-limit-policy.ts";
import type { SharedNumber } from "../../../../worker/shared-slots.ts";
import { SharedTokenBucket, type TokenBucketSettings } from "../../../../worker/shared-token-bucket.ts";

export interface LimiterSettings {
  /** `undefined`: no limit; "deny": a bucket that holds nothing. */
  readonly usual: TokenBucketSettings | "deny" | undefined;
  /** By `descriptorKey`. */
  readonly descriptors: ReadonlyMap<string, TokenBucketSettings>;
  /** Requests that a descriptor counts are counted by the usual bucket too. */
  readonly alwaysCountUsual: boolean;
}

export interface LimitDecision {
  readonly allowed: boolean;
  /** The bucket that the response tells of. */
  readonly bucket: SharedTokenBucket | undefined;
  /** What the descriptor says of x-ratelimit headers. */
  readonly xRateLimitHeaders: boolean | undefined;
}

interface Found {
  readonly bucket: SharedTokenBucket;
  readonly descriptor: RateLimitDescriptor;
}

/** The buckets of one configuration, or of one connection. */
export class LocalLimiter {
  private readonly usual: SharedTokenBucket | "deny" | undefined;
  private readonly buckets = new Map<string, SharedTokenBucket>();
  private readonly alwaysCountUsual: boolean;

  /** `numberOf`: what a bucket is kept in, by the name that it has in this limiter; starts as 1. */
  constructor(settings: LimiterSettings, numberOf: (name: string) => SharedNumber, clock: Clock) {
    const { usual } = settings;
    this.usual =
      usual === undefined || usual === "deny" ? usual : new SharedTokenBucket(usual, numberOf(""), clock);
    for (const [key, bucket] of settings.descriptors)
      this.buckets.set(key, new SharedTokenBucket(bucket, numberOf(key), clock));
    this.alwaysCountUsual = settings.alwaysCountUsual;
  }

  /** Counts a request: first against the descriptors, the slowest bucket first, then against the usual bucket. */
  decide(descriptors: readonly RateLimitDescriptor[]): LimitDecision {
    const found: Found[] = [];
    for (const descriptor of descriptors) {
      const bucket = this.buckets.get(descriptorKey(descriptor.entries));
      if (bucket !== undefined) found.push({ bucket, descriptor });
    }
    if (found.length > 1) found.sort((a, b) => a.bucket.tokensPerMs - b.bucket.tokensPerMs);
    for (const { bucket, descriptor } of found) {
      const { hitsAddend = 1, isNegativeHits, xRateLimitHeaders } = descriptor;
      const gives = isNegativeHits && descriptor.hitsAddend !== undefined;
      if (!bucket.consume(gives ? -hitsAddend : hitsAddend))
        return { allowed: false, bucket, xRateLimitHeaders };
    }
    const [first] = found;
    if (first === undefined || this.alwaysCountUsual) {
      if (this.usual === "deny") return DENIED;
      if (this.usual?.consume() === false)
        return { allowed: false, bucket: this.usual, xRateLimitHeaders: undefined };
    }
    if (first === undefined) {
      const bucket = this.usual === "deny" ? undefined : this.usual;
      return { allowed: true, bucket, xRateLimitHeaders: undefined };
    }
    const { xRateLimitHeaders } = first.descriptor;
    return { allowed: true, bucket: first.bucket, xRateLimitHeaders };
  }
}

const DENIED: LimitDecision = Object.freeze({
  allowed: false,
  bucket: undefined,
  xRateLimitHeaders: undefined,
});

/** Descriptors are the same when their entries are, in the same order. */
export function descriptorKey(entries: readonly { readonly key: string; readonly value: string }[]): string {
  return JSON.stringify(entries.map(({ key, value }) => [key, value]));
}
