import { grpcStatusOfHttp } from "../grpc/grpc-status.ts";
import { Headers } from "../http/header-map.ts";
import { statusText } from "../http/status-text.ts";

export interface LocalReply {
  readonly headers: Headers;
  /** A binary string; "" for gRPC and for HEAD. */
  readonly body: string;
}

/** What an answer of the proxy's own says, before it becomes a message. */
export interface LocalReplyContent {
  readonly status: number;
  /** A binary string. */
  readonly body: string;
  readonly contentType: string;
}

/** Who may change such an answer. */
export interface LocalReplyRewriter {
  /** The request was gRPC when its head came, whatever filters or the route have made of it since, as in Envoy. */
  readonly isGrpc: boolean;
  /** What a route does to its cluster's responses, ahead of everything else. */
  finalizeLocalReply(headers: Headers): void;
  /** `local_reply_config`; `undefined`: it stays as it is. */
  rewriteLocalReply(headers: Headers, status: number, body: string): LocalReplyContent | undefined;
}

/**
 * An answer that the proxy gives by itself; for gRPC requests a response of trailers only. `modify` adds headers behind those of
 * the route, before `rewriter` rewrites them.
 */
export function prepareLocalReply(
  request: Headers | undefined,
  status: number,
  body: string,
  grpcStatus: number | undefined,
  modify: ((headers: Headers) => void) | undefined,
  rewriter: LocalReplyRewriter,
): LocalReply {
  const headers = new Headers([":status", statusText(status)]);
  rewriter.finalizeLocalReply(headers);
  modify?.(headers);
  const givenType = headers.get("content-type");
  const rewritten = rewriter.rewriteLocalReply(headers, status, body);
  const finalStatus = rewritten?.status ?? status;
  const text = rewritten?.body ?? body;
  const toHead = request?.get(":method") === "HEAD";
  if (rewriter.isGrpc) {
    headers.set(":status", "200");
    headers.set("content-type", "application/grpc");
    if (!headers.has("grpc-status")) {
      headers.set("grpc-status", String(grpcStatus ?? grpcStatusOfHttp(finalStatus)));
    }
    if (text !== "" && !toHead) {
      // A line of JSON ends with a newline; a header does not need it.
      const json = rewritten?.contentType === "application/json";
      headers.set("grpc-message", percentEncode(json ? text.trimEnd() : text));
    }
    headers.remove("content-length");
    return { headers, body: "" };
  }
  headers.set(":status", statusText(finalStatus));
  if (text === "") {
    headers.remove("content-length");
    headers.remove("content-type");
    return { headers, body: "" };
  }
  headers.set("content-length", String(text.length));
  const retyped = headers.get("content-type") !== givenType;
  if (!headers.has("content-type") || (text !== body && !retyped)) {
    headers.set("content-type", rewritten?.contentType ?? "text/plain");
  }
  return { headers, body: toHead ? "" : text };
}

/** `grpc-message`: octets outside printable ASCII and `%` as `%XX`. */
function percentEncode(message: string): string {
  let text = "";
  for (const octet of Buffer.from(message, "latin1")) {
    text +=
      octet >= 0x20 && octet <= 0x7e && octet !== 0x25
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
