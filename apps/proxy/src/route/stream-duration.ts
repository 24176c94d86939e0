import type { HeaderMap } from "@sluice/extension-api";
import { isGrpcRequest } from "@sluice/matching";
import { formatGrpcTimeout, parseGrpcTimeout } from "../http/grpc-timeout.ts";
import type { ForwardAction } from "./route-entry.ts";

/**
 * How long a stream on this route may last, in ms from its start; 0: for ever. `undefined`: the route says nothing of it.
 * A gRPC request's grpc-timeout is set to what holds.
 */
export function routeStreamDurationMs(
  forward: ForwardAction,
  headers: HeaderMap,
  managerMs: number,
): number | undefined {
  if (!forward.streamDurationSet) return undefined;
  const { grpcTimeoutHeaderMaxMs: max, grpcTimeoutHeaderOffsetMs: offset } = forward;
  const asked = parseGrpcTimeout(headers.get("grpc-timeout"));
  const isGrpc = isGrpcRequest(headers);
  if (asked === undefined || max === undefined) {
    const ms = forward.maxStreamDurationMs ?? managerMs;
    if (isGrpc && ms > 0) headers.set("grpc-timeout", formatGrpcTimeout(ms));
    return ms;
  }
  let ms = max !== 0 && asked > max ? max : asked;
  if (ms !== 0 && offset !== undefined) ms = offset < ms ? ms - offset : 0;
  if (isGrpc) headers.set("grpc-timeout", formatGrpcTimeout(ms));
  // Here 0 is no time at all.
  return Math.max(ms, 1);
}
