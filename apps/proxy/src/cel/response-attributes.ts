import type { CelInput } from "@bufbuild/cel";
import type { HeaderMap } from "@sluice/extension-api";
import { headersMap } from "./attribute-map.ts";
import { durationOf } from "./durations.ts";
import type { CelSubject } from "./expression.ts";

/** `response.…`; undefined: there is none of that name, or not yet. */
export function responseAttribute(subject: CelSubject, name: string): CelInput | undefined {
  const { response, responseTrailers, streamInfo } = subject;
  switch (name) {
    case "code": {
      // While filters have the response, only its head tells.
      const code = streamInfo.responseCode || Number(response?.get(":status") ?? 0);
      return code === 0 ? undefined : BigInt(code);
    }
    case "code_details":
      return streamInfo.responseCodeDetails || undefined;
    case "flags":
      return BigInt(streamInfo.responseFlags >>> 0);
    case "headers":
      return headersMap(response);
    case "trailers":
      return headersMap(responseTrailers);
    case "headers_bytes":
      return BigInt(response?.byteSize ?? 0);
    case "size":
      return BigInt(streamInfo.bytesSent);
    case "total_size":
      return BigInt(streamInfo.bytesSent + (response?.byteSize ?? 0) + (responseTrailers?.byteSize ?? 0));
    case "grpc_status":
      return grpcStatus(response, responseTrailers, streamInfo.responseCode);
    case "backend_latency": {
      const { firstUpstreamTxByteMs, lastUpstreamRxByteMs } = streamInfo;
      return firstUpstreamTxByteMs === undefined || lastUpstreamRxByteMs === undefined
        ? undefined
        : durationOf(lastUpstreamRxByteMs - firstUpstreamTxByteMs);
    }
    default:
      return undefined;
  }
}

/** By HTTP status, where no `grpc-status` was sent: what gRPC makes of it. Others: unknown. */
const OF_HTTP: ReadonlyMap<number, bigint> = new Map([
  [400, 13n],
  [401, 16n],
  [403, 7n],
  [404, 12n],
  [429, 14n],
  [502, 14n],
  [503, 14n],
  [504, 14n],
]);

function grpcStatus(
  response: HeaderMap | undefined,
  trailers: HeaderMap | undefined,
  status: number,
): bigint | undefined {
  const text = trailers?.get("grpc-status") ?? response?.get("grpc-status");
  if (text !== undefined) return /^\d{1,9}$/.test(text) ? BigInt(text) : -1n;
  return status === 0 ? undefined : (OF_HTTP.get(status) ?? 2n);
}
