import { type ClientHttp2Stream, constants } from "node:http2";
import type { Compiled, Problem } from "@sluice/extension-api";
import type { RetryPolicy } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { backOffCeilingMs } from "../event/back-off.ts";
import { parseRetryOn, RetryOn } from "../http/retry-on.ts";

/** When a call of the proxy's own is made again (envoy.config.core.v3.RetryPolicy); plain data. Times in ms. */
export interface CallRetries {
  /** Bits of `RetryOn`. */
  readonly retryOn: number;
  /** Default 1. */
  readonly numRetries: number;
  /** Default 1000. */
  readonly baseIntervalMs: number;
  /** Default: ten times the base. */
  readonly maxIntervalMs: number;
}

/** What became of a call, as far as a retry is a matter of it. */
export type CallOutcome =
  | { readonly kind: "connect failure" }
  | { readonly kind: "reset"; readonly refused: boolean }
  /** `grpcStatus`: where it stands in the head already, as it does in an answer without messages. */
  | { readonly kind: "head"; readonly status: number; readonly grpcStatus: number | undefined };

const BASE_INTERVAL_MS = 1000;

/** `retryOn`: in place of what the policy says. */
export function compileCallRetries(
  policy: RetryPolicy,
  path: string,
  retryOn = policy.retryOn,
): Compiled<CallRetries> {
  const { bits, unknown } = parseRetryOn(retryOn, "both");
  const problems: Problem[] = unknown.map((name) => ({
    path: `${path}.retry_on`,
    message: `retry condition '${name}' is not implemented`,
    severity: "error",
  }));
  const { baseInterval, maxInterval } = policy.retryBackOff ?? {};
  const baseIntervalMs = Math.max(1, durationMs(baseInterval, BASE_INTERVAL_MS));
  const maxIntervalMs = durationMs(maxInterval, baseIntervalMs * 10);
  if (maxIntervalMs < baseIntervalMs) {
    const message = "must not be less than base_interval";
    problems.push({ path: `${path}.retry_back_off.max_interval`, message, severity: "error" });
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: { retryOn: bits, numRetries: policy.numRetries ?? 1, baseIntervalMs, maxIntervalMs },
  };
}

export function isRetried({ retryOn }: CallRetries, outcome: CallOutcome): boolean {
  const has = (bits: number): boolean => (retryOn & bits) !== 0;
  if (outcome.kind === "head") {
    const { status, grpcStatus } = outcome;
    if (has(RetryOn.FiveXx) && status >= 500 && status < 600) return true;
    if (has(RetryOn.GatewayError) && status >= 502 && status <= 504) return true;
    if (has(RetryOn.Retriable4xx) && status === 409) return true;
    return has(GRPC_BITS[grpcStatus ?? 0] ?? 0);
  }
  if (has(RetryOn.FiveXx | RetryOn.GatewayError | RetryOn.Reset)) return true;
  if (outcome.kind === "connect failure") return has(RetryOn.ConnectFailure | RetryOn.ResetBeforeRequest);
  return outcome.refused && has(RetryOn.RefusedStream);
}

/** Before the `retry`th retry (from 1): that `share`, drawn evenly below 1, of what doubles each time, as of a route's retries. */
export function backOffMs(
  { baseIntervalMs, maxIntervalMs }: CallRetries,
  retry: number,
  share: number,
): number {
  return share * backOffCeilingMs(retry, baseIntervalMs, maxIntervalMs);
}

/** Tells what becomes of a call, once. `connected`: whether its session ever had a connection. */
export function watchCall(
  stream: ClientHttp2Stream,
  connected: () => boolean,
  tell: (outcome: CallOutcome) => void,
): void {
  let told = false;
  const once = (outcome: CallOutcome): void => {
    if (told) return;
    told = true;
    tell(outcome);
  };
  stream.on("response", (head) => {
    const grpc = head["grpc-status"];
    const grpcStatus = grpc === undefined ? undefined : Number(grpc);
    once({ kind: "head", status: Number(head[constants.HTTP2_HEADER_STATUS]), grpcStatus });
  });
  stream.on("close", () =>
    once(
      connected()
        ? { kind: "reset", refused: stream.rstCode === constants.NGHTTP2_REFUSED_STREAM }
        : { kind: "connect failure" },
    ),
  );
}

/** gRPC status → its bit. */
const GRPC_BITS: Readonly<Record<number, number>> = {
  1: RetryOn.GrpcCancelled,
  4: RetryOn.GrpcDeadlineExceeded,
  8: RetryOn.GrpcResourceExhausted,
  13: RetryOn.GrpcInternal,
  14: RetryOn.GrpcUnavailable,
};
