/** Codes of gRPC that clients of this proxy give by themselves or look for. */
export const GrpcStatus = {
  Ok: 0,
  Cancelled: 1,
  Unknown: 2,
  DeadlineExceeded: 4,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  Unauthenticated: 16,
} as const;

/** As gRPC's "HTTP to gRPC Status Code Mapping" has it. */
export function statusOfHttp(status: string): number {
  switch (status) {
    case "400":
      return GrpcStatus.Internal;
    case "401":
      return GrpcStatus.Unauthenticated;
    case "403":
      return GrpcStatus.PermissionDenied;
    case "404":
      return GrpcStatus.Unimplemented;
    case "429":
    case "502":
    case "503":
    case "504":
      return GrpcStatus.Unavailable;
    default:
      return GrpcStatus.Unknown;
  }
}
