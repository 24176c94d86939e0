import { isGrpcContentType } from "@sluice/matching";
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

/** gRPC's http-grpc-status-mapping. */
const OF_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};
const UNKNOWN = 2;
/** Of a text that is no status, as Envoy prints it. */
const INVALID = -1;

export function grpcStatusOfHttp(status: number): number {
  return OF_HTTP[status] ?? UNKNOWN;
}

/**
 * `grpc-status` of the trailers, else of the response headers (trailers-only), else what the HTTP status stands for; undefined when the
 * request was not gRPC, or nobody answered.
 */
export function grpcStatusOf(context: FormatContext): number | undefined {
  if (!isGrpcContentType(context.request?.get("content-type"))) return undefined;
  const text = context.responseTrailers?.get("grpc-status") || context.response?.get("grpc-status");
  if (text !== undefined && text !== "") return /^[0-9]{1,10}$/.test(text) ? Number(text) : INVALID;
  const { responseCode } = context.streamInfo;
  return responseCode === 0 ? undefined : grpcStatusOfHttp(responseCode);
}

/** As `%GRPC_STATUS(style)%` prints it; a number outside the table stays a number. */
export function grpcStatusText(status: number, style: "camel" | "snake"): string {
  return (style === "camel" ? CAMEL : GRPC_STATUS_SNAKE)[status] ?? String(status);
}
