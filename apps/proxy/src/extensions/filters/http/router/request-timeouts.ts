import type { HeaderMap } from "@sluice/extension-api";
import { EnvoyHeader } from "../../../../http/envoy-headers.ts";
import { formatGrpcTimeout, parseGrpcTimeout } from "../../../../http/grpc-timeout.ts";
import type { RetryConfig } from "../../../../route/retry-policy.ts";
import type { ForwardAction } from "../../../../route/route-entry.ts";
import { parseUint64 } from "./parse-uint64.ts";

/** The timeouts of one request, in ms; 0: none. */
export interface RequestTimeouts {
  /** From the end of the request to the end of the response. */
  readonly globalMs: number;
  readonly perTryMs: number;
  readonly perTryIdleMs: number;
  /** Of a try, from its connection on, as the request's headers have it; 0: the cluster's holds. */
  readonly maxDurationMs: number;
  /** A try that is late goes on beside another. */
  readonly hedges: boolean;
  /** What the client gets when the time is over. */
  readonly timeoutStatus: number;
}

/** Before the request's head has been read. */
export const NO_TIMEOUTS: RequestTimeouts = Object.freeze({
  globalMs: 0,
  perTryMs: 0,
  perTryIdleMs: 0,
  maxDurationMs: 0,
  hedges: false,
  timeoutStatus: 504,
});

/**
 * What the route says, overruled by what the request's headers say, which are taken off: all that the upstream is told of.
 *
 * @param respectsExpected x-envoy-expected-rq-timeout-ms, which a proxy before this one has set, holds, and stays
 * @param asks there are headers that ask something of the router
 */
export function readTimeouts(
  headers: HeaderMap,
  forward: ForwardAction,
  isGrpc: boolean,
  respectsExpected: boolean,
  asks: boolean,
): RequestTimeouts {
  let globalMs = routeTimeoutMs(headers, forward, isGrpc);
  const retry: RetryConfig | undefined = forward.retry;
  let perTryMs = retry?.perTryTimeoutMs ?? 0;
  // Given twice, a header is no number.
  const expected = respectsExpected ? headers.getAll(EnvoyHeader.expectedRqTimeoutMs) : undefined;
  const own = expected ?? headers.getAll(EnvoyHeader.upstreamRqTimeoutMs);
  if (own !== undefined) {
    globalMs = parseUint64(own) ?? globalMs;
    if (expected === undefined) headers.remove(EnvoyHeader.upstreamRqTimeoutMs);
  }
  const perTry = headers.getAll(EnvoyHeader.upstreamRqPerTryTimeoutMs);
  if (perTry !== undefined) {
    perTryMs = parseUint64(perTry) ?? perTryMs;
    headers.remove(EnvoyHeader.upstreamRqPerTryTimeoutMs);
  }
  if (globalMs !== 0 && perTryMs >= globalMs) perTryMs = 0;
  return {
    globalMs,
    perTryMs,
    perTryIdleMs: retry?.perTryIdleTimeoutMs ?? 0,
    maxDurationMs: 0,
    hedges: (asks ? takeHedging(headers) : undefined) ?? forward.hedgeOnPerTryTimeout,
    timeoutStatus: 504,
  };
}

/**
 * What else the headers say, which are taken off; the route may have added them. What `readTimeouts` reads is too late by
 * now: as in Envoy it goes without effect, and all but the whole request's timeout without a trace.
 */
export function withLateWishes(timeouts: RequestTimeouts, headers: HeaderMap): RequestTimeouts {
  headers.remove(EnvoyHeader.upstreamRqPerTryTimeoutMs);
  headers.remove(EnvoyHeader.hedgeOnPerTryTimeout);
  const duration = take(headers, EnvoyHeader.upstreamStreamDurationMs);
  const alternative = take(headers, EnvoyHeader.upstreamRqTimeoutAltResponse);
  if (duration === undefined && alternative === undefined) return timeouts;
  return {
    ...timeouts,
    maxDurationMs: parseUint64(duration ?? "0") ?? 0,
    timeoutStatus: alternative === undefined ? 504 : 204,
  };
}

function takeHedging(headers: HeaderMap): boolean | undefined {
  const value = take(headers, EnvoyHeader.hedgeOnPerTryTimeout);
  return value === "true" ? true : value === "false" ? false : undefined;
}

/** Reads a header that is for the router alone, and takes it off. */
function take(headers: HeaderMap, name: string): string | undefined {
  const value = headers.getAll(name);
  if (value !== undefined) headers.remove(name);
  return value;
}

/** `timeout`, or by grpc-timeout where `max_grpc_timeout` is there; with `max_stream_duration` neither holds. */
function routeTimeoutMs(headers: HeaderMap, forward: ForwardAction, isGrpc: boolean): number {
  if (forward.streamDurationSet) return 0;
  const max = forward.maxGrpcTimeoutMs;
  if (!isGrpc || max === undefined) return forward.timeoutMs;
  let wanted = parseGrpcTimeout(headers.get("grpc-timeout")) ?? 0;
  if (forward.grpcTimeoutOffsetMs < wanted) wanted -= forward.grpcTimeoutOffsetMs;
  return max !== 0 && (wanted === 0 || wanted > max) ? max : wanted;
}

/** Tells the upstream what time it has: x-envoy-expected-rq-timeout-ms and, with `max_grpc_timeout`, grpc-timeout. */
export function setTimeoutHeaders(
  headers: HeaderMap,
  timeouts: RequestTimeouts,
  forward: ForwardAction,
  options: {
    readonly elapsedMs: number;
    readonly insert: boolean;
    readonly isGrpc: boolean;
  },
): void {
  const { globalMs, perTryMs, hedges } = timeouts;
  let expected = hedges || perTryMs === 0 ? globalMs : perTryMs;
  if (expected === 0) return;
  if (globalMs > 0) {
    // Out of time, but 0 would be none at all.
    expected = options.elapsedMs >= globalMs ? 1 : Math.min(expected, globalMs - options.elapsedMs);
  }
  const text = expected === 15_000 ? "15000" : String(Math.trunc(expected));
  if (options.insert) headers.set(EnvoyHeader.expectedRqTimeoutMs, text);
  if (options.isGrpc && !forward.streamDurationSet && forward.maxGrpcTimeoutMs !== undefined) {
    headers.set("grpc-timeout", formatGrpcTimeout(expected));
  }
}
