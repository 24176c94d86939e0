import type { HeaderMap } from "@sluice/extension-api";

/** `grpc-status` of a response's head or trailers. */
export function grpcStatusOfHeaders(headers: HeaderMap): number | undefined {
  const text = headers.get("grpc-status");
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** gRPC status → the HTTP status that it stands for (google.rpc.Code's documentation). */
const HTTP_STATUS: readonly number[] = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
];

export function httpStatusOfGrpc(status: number): number {
  return HTTP_STATUS[status] ?? 500;
}
