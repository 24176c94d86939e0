import type { HeaderMap } from "@sluice/extension-api";
import { isGrpcContentType } from "@sluice/matching";
import type { FormatContext } from "../formatter/format-context.ts";

/** What a gRPC response says of itself. */
export interface GrpcResult {
  readonly status: number;
  readonly message: string | undefined;
  /** Envoy's reading of the code: the server's fault, so that the span has the tag `error`. */
  readonly error: boolean;
}

/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const ERRORS: ReadonlySet<number> = new Set([2, 4, 8, 12, 13, 14, 15]);
const RESOURCE_EXHAUSTED = 8;

/** By the trailers, else by the head; `undefined`: neither has a status. */
export function grpcResultOf({ response, responseTrailers }: FormatContext): GrpcResult | undefined {
  return readResult(responseTrailers) ?? readResult(response);
}

function readResult(fields: HeaderMap | undefined): GrpcResult | undefined {
  const text = fields?.get("grpc-status");
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  const status = Number(text);
  return { status, message: fields?.get("grpc-message"), error: ERRORS.has(status) };
}

/** OpenTelemetry's conventions: to a client every code but OK is an error, to a server only those that are its own fault. */
export function grpcSpanFailed({ status, error }: GrpcResult, client: boolean): boolean {
  return client ? status !== 0 : error && status !== RESOURCE_EXHAUSTED;
}

/** Tags of a span for a gRPC request that came in. */
export function grpcRequestTags(request: HeaderMap): readonly (readonly [string, string])[] {
  const type = request.get("content-type");
  if (!isGrpcContentType(type)) return [];
  return [
    ["grpc.path", request.get(":path") ?? ""],
    ["grpc.authority", request.get(":authority") ?? ""],
    ["grpc.content_type", type ?? ""],
    ["grpc.timeout", request.get("grpc-timeout") ?? ""],
  ];
}
