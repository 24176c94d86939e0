import type { FormatContext } from "./access-logger.ts";

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

/** `grpc-status` of the trailers, else of the response headers (trailers-only); undefined when the exchange was not gRPC. */
export function grpcStatusOf(context: FormatContext): number | undefined {
  const contentType = context.request?.get("content-type");
  if (contentType === undefined || !contentType.startsWith("application/grpc")) return undefined;
  const text = context.responseTrailers?.get("grpc-status") ?? context.response?.get("grpc-status");
  if (text === undefined || !/^[0-9]{1,3}$/.test(text)) return undefined;
  return Number(text);
}

/** As `%GRPC_STATUS(style)%` prints it; a number outside the table stays a number. */
export function grpcStatusText(status: number, style: "camel" | "snake"): string {
  return (style === "camel" ? CAMEL : GRPC_STATUS_SNAKE)[status] ?? String(status);
}
