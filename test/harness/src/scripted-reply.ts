import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Fields, fieldOf } from "./http1-message.ts";

/** A reply as data. Without framing among its headers it gets a `content-length`. */
export interface ScriptedReply {
  /** Default 200. */
  readonly status?: number;
  /** Default: by status, else empty. */
  readonly reason?: string;
  readonly headers?: Fields;
  readonly body?: string;
  /** Sent one after the other, `pauseMs` apart, in chunked framing. Takes the place of `body`. */
  readonly chunks?: readonly string[];
  readonly pauseMs?: number;
  readonly trailers?: Fields;
  /** 1xx responses sent first. */
  readonly interim?: readonly { readonly status: number; readonly headers?: Fields }[];
  /** Answers (`head`), or sends only `interim`, as soon as the head has come; else all of it when the request is complete. */
  readonly at?: "head" | "interim";
  readonly delayMs?: number;
  /** Answers when this has come. */
  readonly after?: Promise<unknown>;
  /** Exactly these octets in place of everything above. */
  readonly raw?: string;
  /** What happens to the connection afterwards; `silent`: nothing is sent at all and it stays open. */
  readonly afterwards?: "close" | "reset" | "silent";
  /** Sends only this many octets of the whole reply before `afterwards`. */
  readonly octets?: number;
}

const REASONS: Record<number, string> = {
  100: "Continue",
  101: "Switching Protocols",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  304: "Not Modified",
  404: "Not Found",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

export function sendInterim(socket: Socket, script: ScriptedReply): void {
  for (const { status, headers = [] } of script.interim ?? []) socket.write(head(status, undefined, headers));
}

/** Sends `script` but for its interim responses; `method` is the request's (HEAD gets no body). */
export async function sendReply(
  socket: Socket,
  script: ScriptedReply,
  method: string,
): Promise<"open" | "ended" | "tunnel"> {
  if (script.afterwards !== "silent") {
    for (const { status, headers = [] } of script.interim ?? [])
      socket.write(head(status, undefined, headers));
    const parts = script.raw === undefined ? replyParts(script, method) : [script.raw];
    let left = script.octets ?? Number.POSITIVE_INFINITY;
    for (const [i, part] of parts.entries()) {
      if (i > 1 && script.pauseMs !== undefined) await delay(script.pauseMs);
      if (left <= 0 || socket.destroyed) break;
      await flush(socket, Buffer.from(part.slice(0, left), "latin1"));
      left -= part.length;
    }
  }
  if (script.afterwards === "reset") {
    socket.resetAndDestroy();
    return "ended";
  }
  if (script.afterwards === "close") {
    socket.end();
    return "ended";
  }
  const status = script.status ?? 200;
  return status === 101 || (method === "CONNECT" && status === 200) ? "tunnel" : "open";
}

function flush(socket: Socket, data: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(data, () => resolve()));
}

/** The head, then each piece of the body. */
function replyParts(script: ScriptedReply, method: string): string[] {
  const status = script.status ?? 200;
  const headers: Fields = [...(script.headers ?? [])];
  const framed =
    fieldOf(headers, "content-length") !== undefined || fieldOf(headers, "transfer-encoding") !== undefined;
  const chunked =
    script.chunks !== undefined ||
    script.trailers !== undefined ||
    fieldOf(headers, "transfer-encoding") === "chunked";
  const body = script.body ?? "";
  const bodiless = status < 200 || status === 204 || status === 304;
  if (!framed && !bodiless)
    headers.push(chunked ? ["transfer-encoding", "chunked"] : ["content-length", String(body.length)]);
  const first = head(status, script.reason, headers);
  if (method === "HEAD" || bodiless) return [first];
  if (!chunked) return [first, body];
  const chunks = (script.chunks ?? (body === "" ? [] : [body])).map(
    (chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
  );
  return [first, ...chunks, `0\r\n${lines(script.trailers ?? [])}\r\n`];
}

function head(status: number, reason: string | undefined, fields: Fields): string {
  return `HTTP/1.1 ${status} ${reason ?? REASONS[status] ?? ""}\r\n${lines(fields)}\r\n`;
}

function lines(fields: Fields): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}
