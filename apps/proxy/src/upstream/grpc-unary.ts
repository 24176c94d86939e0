import type { CallOutcome } from "../grpc/call-retries.ts";
import { frameMessage } from "../grpc/frame-message.ts";
import { GrpcStatus, statusOfHttp } from "../grpc/grpc-status.ts";
import { Headers } from "../http/header-map.ts";
import type { AsyncClient, AsyncFailure, AsyncStreamOptions } from "./async-client.ts";
import { type AsyncResponse, sendRequest } from "./async-request.ts";

/** Where a unary call goes. */
export interface GrpcCall {
  readonly cluster: string;
  /** "": the cluster's name. */
  readonly authority: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** In lower case; `-bin` values in base64. */
  readonly metadata: readonly (readonly [name: string, value: string])[];
}

/** One of the two, once. */
export interface GrpcUnaryCallbacks {
  /** `message`: the encoded response. */
  onMessage(message: Buffer, headers: Headers): void;
  /** `status`: a gRPC code other than 0. `outcome`: where a retry is a matter of it. */
  onStatus(status: number, message: string, outcome: CallOutcome | undefined): void;
}

const FRAME_BYTES = 5;

/**
 * A unary gRPC call over a cluster that speaks HTTP/2 (the gRPC protocol's PROTOCOL-HTTP2). `message` is the encoded request.
 * Undefined: it failed, as `callbacks` were told.
 */
export function callUnary(
  client: AsyncClient,
  call: GrpcCall,
  message: Uint8Array,
  callbacks: GrpcUnaryCallbacks,
  options: AsyncStreamOptions & { readonly responseBytesMax: number },
): { cancel(): void } | undefined {
  const headers = new Headers([
    ":method",
    "POST",
    ":path",
    call.path,
    ":authority",
    call.authority === "" ? call.cluster : call.authority,
    ":scheme",
    "http",
    "te",
    "trailers",
    "content-type",
    "application/grpc",
  ]);
  if (options.timeoutMs > 0) headers.append("grpc-timeout", `${Math.ceil(options.timeoutMs)}m`);
  for (const [name, value] of call.metadata) headers.append(name, value);
  return sendRequest(
    client,
    call.cluster,
    headers,
    frameMessage(message),
    {
      onResponse: (response) => answer(response, callbacks),
      onFailure: (reason, transportFailure) =>
        callbacks.onStatus(
          statusOfFailure(reason),
          transportFailure === "" ? reason : `${reason}: ${transportFailure}`,
          callOutcomeOfFailure(reason),
        ),
    },
    options,
  );
}

function answer({ headers, body, trailers }: AsyncResponse, callbacks: GrpcUnaryCallbacks): undefined {
  // A response without a message may have its status in its head ("Trailers-Only").
  const end = trailers ?? headers;
  const text = end.get("grpc-status");
  const http = headers.get(":status") ?? "";
  const outcome = (grpcStatus: number | undefined): CallOutcome => ({
    kind: "head",
    status: Number(http),
    grpcStatus,
  });
  if (text === undefined) {
    const status = http === "200" ? GrpcStatus.Unknown : statusOfHttp(http);
    callbacks.onStatus(status, `HTTP status ${http} without grpc-status`, outcome(undefined));
    return;
  }
  const status = Number(text);
  if (status !== GrpcStatus.Ok) {
    const known = Number.isInteger(status) && status > 0 && status <= 16 ? status : GrpcStatus.Unknown;
    const message = percentDecoded(end.get("grpc-message") ?? "");
    callbacks.onStatus(known, message, outcome(trailers === undefined ? known : undefined));
    return;
  }
  if (body.length < FRAME_BYTES || body[0] !== 0 || body.readUInt32BE(1) !== body.length - FRAME_BYTES) {
    callbacks.onStatus(GrpcStatus.Internal, "not one uncompressed message", undefined);
    return;
  }
  callbacks.onMessage(body.subarray(FRAME_BYTES), headers);
}

function statusOfFailure(reason: AsyncFailure): number {
  switch (reason) {
    case "timeout":
      return GrpcStatus.DeadlineExceeded;
    case "response too large":
      return GrpcStatus.ResourceExhausted;
    case "protocol error":
      return GrpcStatus.Internal;
    default:
      return GrpcStatus.Unavailable;
  }
}

/** Undefined: no matter of retries. */
export function callOutcomeOfFailure(reason: AsyncFailure): CallOutcome | undefined {
  switch (reason) {
    case "connect error":
    case "local connection failure":
    case "remote connection failure":
    case "connection timeout":
      return { kind: "connect failure" };
    case "remote refused stream reset":
      return { kind: "reset", refused: true };
    case "remote reset":
    case "connection termination":
    case "protocol error":
      return { kind: "reset", refused: false };
    default:
      return undefined;
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
