/** Bits of `retry_on` and `x-envoy-retry-grpc-on`. */
export const RetryOn = {
  FiveXx: 1,
  GatewayError: 2,
  ConnectFailure: 4,
  Reset: 8,
  /** A matter of HTTP/2 and 3; says nothing to HTTP/1.1. */
  RefusedStream: 16,
  Retriable4xx: 32,
  RetriableStatusCodes: 64,
  EnvoyRatelimited: 128,
  ResetBeforeRequest: 256,
  RetriableHeaders: 512,
  GrpcCancelled: 1024,
  GrpcDeadlineExceeded: 2048,
  GrpcResourceExhausted: 4096,
  GrpcUnavailable: 8192,
  GrpcInternal: 16384,
  /** A matter of HTTP/3, which upstreams do not speak here. */
  Http3PostConnectFailure: 32768,
} as const;

const HTTP_NAMES: Readonly<Record<string, number>> = {
  "5xx": RetryOn.FiveXx,
  "gateway-error": RetryOn.GatewayError,
  "connect-failure": RetryOn.ConnectFailure,
  reset: RetryOn.Reset,
  "refused-stream": RetryOn.RefusedStream,
  "retriable-4xx": RetryOn.Retriable4xx,
  "retriable-status-codes": RetryOn.RetriableStatusCodes,
  "retriable-headers": RetryOn.RetriableHeaders,
  "envoy-ratelimited": RetryOn.EnvoyRatelimited,
  "reset-before-request": RetryOn.ResetBeforeRequest,
  "http3-post-connect-failure": RetryOn.Http3PostConnectFailure,
};
const GRPC_NAMES: Readonly<Record<string, number>> = {
  cancelled: RetryOn.GrpcCancelled,
  "deadline-exceeded": RetryOn.GrpcDeadlineExceeded,
  "resource-exhausted": RetryOn.GrpcResourceExhausted,
  unavailable: RetryOn.GrpcUnavailable,
  internal: RetryOn.GrpcInternal,
};

export interface RetryNames {
  readonly bits: number;
  readonly unknown: readonly string[];
}

/** `retry_on` or a header of its kind; names of the other protocol count where `both`. */
export function parseRetryOn(text: string, kind: "http" | "grpc" | "both"): RetryNames {
  let bits = 0;
  const unknown: string[] = [];
  for (const part of text.split(",")) {
    const name = part.trim();
    if (name === "") continue;
    const bit =
      (kind === "grpc" ? undefined : HTTP_NAMES[name]) ?? (kind === "http" ? undefined : GRPC_NAMES[name]);
    if (bit === undefined) unknown.push(name);
    else bits |= bit;
  }
  return { bits, unknown };
}
