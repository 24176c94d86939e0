import type { Headers } from "../header-map.ts";
import { statusLine } from "../status-text.ts";

/** What frames the body of the message that a head announces. */
export interface HeadText {
  readonly text: string;
  readonly chunked: boolean;
}

const END = "\r\n";
/** Methods whose requests say nothing by having no body: no `content-length: 0` for them. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "TRACE", "CONNECT", "OPTIONS"]);

function fieldLines(fields: readonly string[]): string {
  let text = "";
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === undefined || name.charCodeAt(0) === 58) continue;
    text += `${name}: ${fields[i + 1]}${END}`;
  }
  return text;
}

/** A request's head; `:authority` becomes Host. `upgrade`: the body is no HTTP body, it is sent as it is. */
export function requestHead(headers: Headers, endStream: boolean, upgrade: boolean): HeadText {
  const method = headers.get(":method") ?? "GET";
  const authority = headers.get(":authority");
  const target = method === "CONNECT" ? (authority ?? "") : (headers.get(":path") ?? "/");
  let text = `${method} ${target} HTTP/1.1${END}`;
  if (authority !== undefined) text += `host: ${authority}${END}`;
  text += fieldLines(headers.fields);
  if (upgrade || method === "CONNECT" || headers.get("content-length") !== undefined) {
    return { text: text + END, chunked: false };
  }
  if (endStream) {
    return {
      text: BODILESS.has(method) ? text + END : `${text}content-length: 0${END}${END}`,
      chunked: false,
    };
  }
  return { text: `${text}transfer-encoding: chunked${END}${END}`, chunked: true };
}

/** What decides a response's framing besides its head. */
export interface ResponseFraming {
  readonly toHead: boolean;
  /** CONNECT or upgrade answered with success: raw bytes follow. */
  readonly tunnel: boolean;
  /** HTTP/1.0: no chunks, the close ends the body. */
  readonly http10: boolean;
}

export function responseHead(
  headers: Headers,
  status: number,
  endStream: boolean,
  framing: ResponseFraming,
): HeadText {
  const text = statusLine(status) + fieldLines(headers.fields);
  if (headers.get("content-length") !== undefined || framing.tunnel)
    return { text: text + END, chunked: false };
  if (status < 200 || status === 204 || status === 304) return { text: text + END, chunked: false };
  if (endStream) {
    return { text: framing.toHead ? text + END : `${text}content-length: 0${END}${END}`, chunked: false };
  }
  if (framing.http10) return { text: text + END, chunked: false };
  return { text: `${text}transfer-encoding: chunked${END}${END}`, chunked: !framing.toHead };
}

/** A 1xx head. */
export function informationalHead(headers: Headers, status: number): string {
  return statusLine(status) + fieldLines(headers.fields) + END;
}

/** Trailers behind the last chunk. */
export function trailerSection(trailers: Headers): string {
  return `0${END}${fieldLines(trailers.fields)}${END}`;
}
