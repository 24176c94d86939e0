import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type BucketSize, TokenBuckets } from "./token-buckets.ts";

export interface RequestLimiter {
  /** Seconds to wait, at least 1; 0 when the request may go on. */
  take(request: IncomingMessage): number;
}

export interface RequestLimits {
  readonly perAddress: BucketSize;
  /** Of one session or token. */
  readonly perCredential: BucketSize;
}

/** Far above what pages and commands ask, far below what would keep others waiting. */
export const REQUEST_LIMITS: RequestLimits = {
  perAddress: { perSecond: 200, burst: 2_000 },
  perCredential: { perSecond: 50, burst: 1_000 },
};

/**
 * Bounds what one client may ask of this replica: by its address, and by the session or token that it shows, since behind a TLS
 * terminator everybody has one address.
 *
 * @param nowMs monotonic
 */
export function createRequestLimiter(limits: RequestLimits, nowMs: () => number): RequestLimiter {
  const addresses = new TokenBuckets(limits.perAddress, nowMs);
  const credentials = new TokenBuckets(limits.perCredential, nowMs);
  return {
    take(request) {
      const waitForAddress = addresses.take(request.socket.remoteAddress ?? "unknown");
      const shown = request.headers.authorization ?? request.headers.cookie;
      if (shown === undefined || waitForAddress > 0) return waitForAddress;
      return credentials.take(createHash("sha256").update(shown).digest("base64"));
    },
  };
}
