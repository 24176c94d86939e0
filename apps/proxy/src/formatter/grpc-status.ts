import { isGrpcRequest } from "@sluice/matching";
import { grpcStatusOfHttp } from "../grpc/grpc-status.ts";
import type { FormatContext } from "./format-context.ts";

const CAMEL = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** gRPC's status codes in Envoy's spelling, by number. */
const GRPC_STATUS_SNAKE = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** Of a text that is no status, as Envoy prints it. */
const INVALID = -1;

/**
 * `grpc-status` of the trailers, else of the response headers (trailers-only), else what the HTTP status stands for; undefined when the
 * request was not gRPC, or nobody answered.
 */
export function grpcStatusOf(context: FormatContext): number | undefined {
  return isGrpcRequest(context.request) ? grpcStatusOfAny(context) : undefined;
}

/** The same, whatever the request was. */
export function grpcStatusOfAny(context: FormatContext): number | undefined {
  const text = context.responseTrailers?.get("grpc-status") || context.response?.get("grpc-status");
  if (text !== undefined && text !== "") return /^[0-9]{1,10}$/.test(text) ? Number(text) : INVALID;
  const { responseCode } = context.streamInfo;
  return responseCode === 0 ? undefined : grpcStatusOfHttp(responseCode);
}

/** As `%GRPC_STATUS(style)%` prints it; a number outside the table stays a number. */
export function grpcStatusText(status: number, style: "camel" | "snake"): string {
  return (style === "camel" ? CAMEL : GRPC_STATUS_SNAKE)[status] ?? String(status);
}
