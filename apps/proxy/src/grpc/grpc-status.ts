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

const OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, GrpcStatus.Internal],
  [401, GrpcStatus.Unauthenticated],
  [403, GrpcStatus.PermissionDenied],
  [404, GrpcStatus.Unimplemented],
  [429, GrpcStatus.Unavailable],
  [502, GrpcStatus.Unavailable],
  [503, GrpcStatus.Unavailable],
  [504, GrpcStatus.Unavailable],
]);

/** What a response without a `grpc-status` means to a gRPC client, by its HTTP status (gRPC's "HTTP to gRPC Status Code Mapping"). */
export function grpcStatusOfHttp(status: number): number {
  return OF_HTTP.get(status) ?? GrpcStatus.Unknown;
}
