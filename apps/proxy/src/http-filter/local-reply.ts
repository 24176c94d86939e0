import { statusText } from "../http/h1/http1-parser.ts";
import { Headers } from "../http/header-map.ts";

export interface LocalReply {
  readonly headers: Headers;
  readonly body: string;
  readonly isGrpc: boolean;
  readonly toHead: boolean;
}

/** HTTP status → gRPC status (gRPC's http-grpc-status-mapping). */
const GRPC_STATUS: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);
const GRPC_UNKNOWN = 2;

/** The head of an answer that the proxy gives by itself; for gRPC requests a response of trailers only. */
export function localReplyHeaders(
  request: Headers | undefined,
  status: number,
  body: string,
  grpcStatus: number | undefined,
): LocalReply {
  const toHead = request?.get(":method") === "HEAD";
  if (isGrpc(request)) {
    const code = grpcStatus ?? GRPC_STATUS.get(status) ?? GRPC_UNKNOWN;
    const fields = [":status", "200", "content-type", "application/grpc", "grpc-status", String(code)];
    if (body !== "") fields.push("grpc-message", percentEncode(body));
    return { headers: new Headers(fields), body: "", isGrpc: true, toHead };
  }
  const fields = [":status", statusText(status)];
  if (body !== "") {
    fields.push("content-length", String(Buffer.byteLength(body)), "content-type", "text/plain");
  }
  return { headers: new Headers(fields), body, isGrpc: false, toHead };
}

function isGrpc(request: Headers | undefined): boolean {
  const type = request?.get("content-type");
  return type?.startsWith("application/grpc") === true && (type.length === 16 || type[16] === "+");
}

/** `grpc-message`: octets outside printable ASCII and `%` as `%XX`. */
function percentEncode(message: string): string {
  let text = "";
  for (const octet of Buffer.from(message)) {
    text +=
      octet >= 0x20 && octet <= 0x7e && octet !== 0x25
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
