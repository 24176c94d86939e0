/** gRPC's http-grpc-status-mapping. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);
const UNKNOWN = 2;

/** What a response without a `grpc-status` means to a gRPC client, by its HTTP status. */
export function grpcStatusOfHttp(status: number): number {
  return STATUSES.get(status) ?? UNKNOWN;
}
