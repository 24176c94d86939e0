import type { HeaderMap } from "@sluice/extension-api";
import { toBinaryString } from "@sluice/matching";
import {
  RateLimitResponse_Code as Code,
  type RateLimitResponse_DescriptorStatus as DescriptorStatus,
  RateLimitResponse_RateLimit_Unit as Unit,
} from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";

const SECONDS: Readonly<Record<Unit, number>> = {
  [Unit.UNKNOWN]: 0,
  [Unit.SECOND]: 1,
  [Unit.MINUTE]: 60,
  [Unit.HOUR]: 3600,
  [Unit.DAY]: 86_400,
  [Unit.WEEK]: 604_800,
  [Unit.MONTH]: 2_592_000,
  [Unit.YEAR]: 31_536_000,
};

/**
 * The limit that is nearest to being reached, and the policies of all
 * (draft-polli-ratelimit-headers-03): `10, 10;w=1;name="per-ip", 1000;w=3600`.
 */
export function addLimitHeaders(headers: HeaderMap, statuses: readonly DescriptorStatus[]): void {
  let nearest: DescriptorStatus | undefined;
  let policies = "";
  for (const status of statuses) {
    const { currentLimit } = status;
    if (currentLimit === undefined) continue;
    if (nearest === undefined || status.limitRemaining < nearest.limitRemaining) nearest = status;
    const { requestsPerUnit, unit, name } = currentLimit;
    const window = SECONDS[unit] ?? 0;
    if (window === 0) continue;
    policies += `, ${requestsPerUnit};w=${window}${name === "" ? "" : `;name="${toBinaryString(name)}"`}`;
  }
  if (nearest === undefined) return;
  headers.append("x-ratelimit-limit", `${nearest.currentLimit?.requestsPerUnit ?? 0}${policies}`);
  headers.append("x-ratelimit-remaining", String(nearest.limitRemaining));
  headers.append("x-ratelimit-reset", String(nearest.durationUntilReset?.seconds ?? 0n));
}

/** In s, when the last of the limits that are reached is reset; undefined: none of them tells. */
export function retryAfterSeconds(statuses: readonly DescriptorStatus[]): bigint | undefined {
  let latest: bigint | undefined;
  for (const { code, durationUntilReset } of statuses) {
    if (code !== Code.OVER_LIMIT || durationUntilReset === undefined) continue;
    if (latest === undefined || durationUntilReset.seconds > latest) latest = durationUntilReset.seconds;
  }
  return latest;
}
