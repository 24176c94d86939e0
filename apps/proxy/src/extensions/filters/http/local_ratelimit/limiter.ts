import type { Clock } from "@sluice/extension-api";
import type { DescriptorEntry, RateLimitDescriptor } from "../../../../route/rate-limit-policy.ts";
import type { SharedNumber } from "../../../../worker/shared-slots.ts";
import { SharedTokenBucket, type TokenBucketSettings } from "../../../../worker/shared-token-bucket.ts";
import { DynamicBuckets } from "./dynamic-buckets.ts";

export interface LimiterSettings {
  /** `undefined`: no limit; "deny": a bucket that holds nothing. */
  readonly usual: TokenBucketSettings | "deny" | undefined;
  /** By `descriptorKey`. */
  readonly descriptors: ReadonlyMap<string, DescriptorSettings>;
  /** Some descriptor stands for any value. */
  readonly hasDynamic: boolean;
  /** Buckets that one descriptor for any value may have. */
  readonly dynamicMax: number;
  /** Requests that a descriptor counts are counted by the usual bucket too. */
  readonly alwaysCountUsual: boolean;
}

export interface DescriptorSettings {
  /** One without value stands for any. */
  readonly entries: readonly DescriptorEntry[];
  readonly bucket: TokenBucketSettings;
  /** Counts only. */
  readonly shadow: boolean;
}

export interface LimitDecision {
  readonly allowed: boolean;
  /** Not allowed, but only by what counts only. */
  readonly shadow: boolean;
  /** The bucket that the response tells of. */
  readonly bucket: SharedTokenBucket | undefined;
  /** What the descriptor says of x-ratelimit headers. */
  readonly xRateLimitHeaders: boolean | undefined;
}

interface Fixed {
  readonly bucket: SharedTokenBucket;
  readonly shadow: boolean;
}
interface Dynamic {
  readonly entries: readonly DescriptorEntry[];
  readonly buckets: DynamicBuckets;
  readonly shadow: boolean;
}
interface Found extends Fixed {
  readonly descriptor: RateLimitDescriptor;
}

/** The buckets of one configuration, or of one connection. */
export class LocalLimiter {
  private readonly usual: SharedTokenBucket | "deny" | undefined;
  private readonly fixed = new Map<string, Fixed>();
  private readonly dynamic: readonly Dynamic[];
  private readonly alwaysCountUsual: boolean;

  /** `numberOf`: what a bucket is kept in, by the name that it has in this limiter; starts as 1. */
  constructor(settings: LimiterSettings, numberOf: (name: string) => SharedNumber, clock: Clock) {
    const { usual } = settings;
    this.usual =
      usual === undefined || usual === "deny" ? usual : new SharedTokenBucket(usual, numberOf(""), clock);
    const dynamic: Dynamic[] = [];
    for (const [key, { entries, bucket, shadow }] of settings.descriptors) {
      if (entries.some(({ value }) => value === "")) {
        const ownNumber = (name: string): SharedNumber => numberOf(`${key} ${name}`);
        const buckets = new DynamicBuckets(bucket, settings.dynamicMax, ownNumber, clock);
        dynamic.push({ entries, buckets, shadow });
      } else this.fixed.set(key, { bucket: new SharedTokenBucket(bucket, numberOf(key), clock), shadow });
    }
    this.dynamic = dynamic;
    this.alwaysCountUsual = settings.alwaysCountUsual;
  }

  /**
   * Counts a request: first against the descriptors, the slowest bucket first, then against the usual bucket. `tokensPerHit`: what a hit
   * takes.
   */
  decide(descriptors: readonly RateLimitDescriptor[], tokensPerHit = 1): LimitDecision {
    const found: Found[] = [];
    for (const descriptor of descriptors) {
      const own = this.bucketFor(descriptor);
      if (own !== undefined) found.push({ ...own, descriptor });
    }
    if (found.length > 1) found.sort((a, b) => a.bucket.tokensPerMs - b.bucket.tokensPerMs);
    let shadowed: LimitDecision | undefined;
    for (const { bucket, shadow, descriptor } of found) {
      const { hitsAddend = 1, isNegativeHits, xRateLimitHeaders } = descriptor;
      const gives = isNegativeHits && descriptor.hitsAddend !== undefined;
      if (bucket.consume((gives ? -hitsAddend : hitsAddend) * tokensPerHit)) continue;
      const decision = { allowed: false, shadow, bucket, xRateLimitHeaders };
      if (!shadow) return decision;
      shadowed ??= decision;
    }
    const [first] = found;
    if (first === undefined || this.alwaysCountUsual) {
      if (this.usual === "deny") return DENIED;
      if (this.usual?.consume(tokensPerHit) === false)
        return { allowed: false, shadow: false, bucket: this.usual, xRateLimitHeaders: undefined };
    }
    if (shadowed !== undefined) return shadowed;
    if (first === undefined) {
      const bucket = this.usual === "deny" ? undefined : this.usual;
      return { allowed: true, shadow: false, bucket, xRateLimitHeaders: undefined };
    }
    const { xRateLimitHeaders } = first.descriptor;
    return { allowed: true, shadow: false, bucket: first.bucket, xRateLimitHeaders };
  }

  private bucketFor({ entries }: RateLimitDescriptor): Fixed | undefined {
    const key = descriptorKey(entries);
    const fixed = this.fixed.get(key);
    if (fixed !== undefined) return fixed;
    for (const { entries: wanted, buckets, shadow } of this.dynamic) {
      if (!standsFor(wanted, entries)) continue;
      const bucket = buckets.bucketFor(key);
      return bucket && { bucket, shadow };
    }
    return undefined;
  }
}

function standsFor(wanted: readonly DescriptorEntry[], given: readonly DescriptorEntry[]): boolean {
  return (
    wanted.length === given.length &&
    wanted.every(({ key, value }, i) => {
      const other = given[i];
      return key === other?.key && (value === "" || value === other.value);
    })
  );
}

const DENIED: LimitDecision = Object.freeze({
  allowed: false,
  shadow: false,
  bucket: undefined,
  xRateLimitHeaders: undefined,
});

/** Descriptors are the same when their entries are, in the same order. */
export function descriptorKey(entries: readonly DescriptorEntry[]): string {
  return JSON.stringify(entries.map(({ key, value }) => [key, value]));
}
