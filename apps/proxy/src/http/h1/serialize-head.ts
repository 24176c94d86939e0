import type { Headers } from "../header-map.ts";
import { statusLine } from "../status-text.ts";
import type { HeaderCase } from "./header-case.ts";

/** What frames the body of the message that a head announces. */
export interface HeadText {
  readonly text: string;
  readonly chunked: boolean;
}

const END = "\r\n";
/** Methods whose requests say nothing by having no body: no `content-length: 0` for them. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "TRACE", "CONNECT"]);

function fieldLines(fields: readonly string[], spelling: HeaderCase | undefined): string {
  let text = "";
  if (spelling !== undefined) {
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i];
      if (name === undefined || name.charCodeAt(0) === 58) continue;
      text += `${spelling.format(name)}: ${fields[i + 1]}${END}`;
    }
    return text;
  }
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === undefined || name.charCodeAt(0) === 58) continue;
    text += `${name}: ${fields[i + 1]}${END}`;
  }
  return text;
}

/** How a codec writes heads. */
export interface HeadFormat {
  /** For messages that have no spelling of their own; undefined: in lower case. */
  readonly spelling: HeaderCase | undefined;
  /** Requests: the target is the whole URL (`send_fully_qualified_url`). */
  readonly fullyQualifiedUrl: boolean;
}

const PLAIN: HeadFormat = { spelling: undefined, fullyQualifiedUrl: false };

/** `name: value` with its line end. */
function line(name: string, value: string, spelling: HeaderCase | undefined): string {
  return `${spelling === undefined ? name : spelling.format(name)}: ${value}${END}`;
}

/** A request's head; `:authority` becomes Host. `upgrade`: the body is no HTTP body, it is sent as it is. */
export function requestHead(
  headers: Headers,
  endStream: boolean,
  upgrade: boolean,
  format: HeadFormat = PLAIN,
): HeadText {
  const method = headers.get(":method") ?? "GET";
  const authority = headers.get(":authority");
  const spelling = headers.spelling ?? format.spelling;
  let target = method === "CONNECT" ? (authority ?? "") : (headers.get(":path") ?? "/");
  if (format.fullyQualifiedUrl && method !== "CONNECT") {
    target = `${headers.get(":scheme") ?? "http"}://${authority ?? ""}${target}`;
  }
  let text = `${method} ${target} HTTP/1.1${END}`;
  if (authority !== undefined) text += line("host", authority, spelling);
  text += fieldLines(headers.fields, spelling);
  if (upgrade || method === "CONNECT" || headers.get("content-length") !== undefined) {
    return { text: text + END, chunked: false };
  }
  if (endStream) {
    return {
      text: BODILESS.has(method) ? text + END : text + line("content-length", "0", spelling) + END,
      chunked: false,
    };
  }
  return { text: text + line("transfer-encoding", "chunked", spelling) + END, chunked: true };
}

/** What decides a response's framing besides its head. */
export interface ResponseFraming {
  readonly toHead: boolean;
  /** CONNECT or upgrade answered with success: raw bytes follow. */
  readonly tunnel: boolean;
  /** HTTP/1.0: no chunks, the close ends the body. */
  readonly http10: boolean;
  /** As in `HeadFormat`. */
  readonly spelling: HeaderCase | undefined;
}

export function responseHead(
  headers: Headers,
  status: number,
  endStream: boolean,
  framing: ResponseFraming,
): HeadText {
  const spelling = headers.spelling ?? framing.spelling;
  const reason = headers.spelling?.reason;
  const text = statusLine(status, framing.http10, reason) + fieldLines(headers.fields, spelling);
  if (headers.get("content-length") !== undefined || framing.tunnel)
    return { text: text + END, chunked: false };
  if (status < 200 || status === 204 || status === 304) return { text: text + END, chunked: false };
  if (endStream && !framing.toHead) {
    return { text: text + line("content-length", "0", spelling) + END, chunked: false };
  }
  if (framing.http10) return { text: text + END, chunked: false };
  return {
    text: text + line("transfer-encoding", "chunked", spelling) + END,
    chunked: !framing.toHead && !endStream,
  };
}

/** A 1xx head. */
export function informationalHead(headers: Headers, status: number, spelling?: HeaderCase): string {
  return statusLine(status, false) + fieldLines(headers.fields, headers.spelling ?? spelling) + END;
}

/** Trailers behind the last chunk. */
export function trailerSection(trailers: Headers, spelling?: HeaderCase): string {
  return `0${END}${fieldLines(trailers.fields, trailers.spelling ?? spelling)}${END}`;
}
