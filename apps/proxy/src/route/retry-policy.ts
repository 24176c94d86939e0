import type { RetryPolicy } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { durationMs } from "../cluster/duration-ms.ts";

/** Bits of `retry_on`. `refused-stream` is a matter of HTTP/2 and 3; as in Envoy it says nothing to HTTP/1.1. */
export const RetryOn = {
  FiveXx: 1,
  GatewayError: 2,
  ConnectFailure: 4,
  Reset: 8,
  RefusedStream: 16,
  Retriable4xx: 32,
  RetriableStatusCodes: 64,
  EnvoyRatelimited: 128,
  ResetBeforeRequest: 256,
} as const;

const NAMES: Readonly<Record<string, number>> = {
  "5xx": RetryOn.FiveXx,
  "gateway-error": RetryOn.GatewayError,
  "connect-failure": RetryOn.ConnectFailure,
  reset: RetryOn.Reset,
  "refused-stream": RetryOn.RefusedStream,
  "retriable-4xx": RetryOn.Retriable4xx,
  "retriable-status-codes": RetryOn.RetriableStatusCodes,
  "envoy-ratelimited": RetryOn.EnvoyRatelimited,
  "reset-before-request": RetryOn.ResetBeforeRequest,
};

export interface RetryConfig {
  readonly retryOn: number;
  readonly numRetries: number;
  /** 0: none. */
  readonly perTryTimeoutMs: number;
  readonly statusCodes: readonly number[];
  readonly baseIntervalMs: number;
  readonly maxIntervalMs: number;
}

/** Names that are unknown are skipped in headers; in configuration `unknownRetryOn` tells them. */
export function parseRetryOn(text: string): number {
  let bits = 0;
  for (const name of text.split(",")) bits |= NAMES[name.trim()] ?? 0;
  return bits;
}

export function unknownRetryOn(text: string): readonly string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && NAMES[name] === undefined);
}

/** Defaults: one retry, back-off from 25 ms to ten times the base. */
export function retryConfig(policy: RetryPolicy): RetryConfig {
  const baseIntervalMs = Math.max(1, durationMs(policy.retryBackOff?.baseInterval, 25));
  return {
    retryOn: parseRetryOn(policy.retryOn),
    numRetries: policy.numRetries ?? 1,
    perTryTimeoutMs: durationMs(policy.perTryTimeout, 0),
    statusCodes: policy.retriableStatusCodes,
    baseIntervalMs,
    maxIntervalMs: durationMs(policy.retryBackOff?.maxInterval, baseIntervalMs * 10),
  };
}

/**
 * Whether a response asks for another try. `rateLimited`: it carries x-envoy-ratelimited, which rules out every reason but
 * its own.
 */
export function retriesResponse(
  retryOn: number,
  statusCodes: readonly number[],
  status: number,
  rateLimited: boolean,
): boolean {
  if (rateLimited) return (retryOn & RetryOn.EnvoyRatelimited) !== 0;
  if ((retryOn & RetryOn.FiveXx) !== 0 && status >= 500 && status < 600) return true;
  if ((retryOn & RetryOn.GatewayError) !== 0 && status >= 502 && status <= 504) return true;
  if ((retryOn & RetryOn.Retriable4xx) !== 0 && status === 409) return true;
  return (retryOn & RetryOn.RetriableStatusCodes) !== 0 && statusCodes.includes(status);
}

/** Exponential back-off with full jitter. */
export function backOffMs(config: RetryConfig, attempt: number, random: number): number {
  const ceiling = Math.min(config.maxIntervalMs, config.baseIntervalMs * (2 ** attempt - 1));
  return random % Math.max(1, Math.round(ceiling));
}
