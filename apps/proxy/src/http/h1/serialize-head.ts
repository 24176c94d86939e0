import type { Headers } from "../header-map.ts";
import { statusLine } from "../status-text.ts";
import type { HeaderCase } from "./header-case.ts";

/** What frames the body of the message that a head announces. */
export interface HeadText {
  readonly text: string;
  /** Of its field lines. */
  readonly fieldBytes: number;
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

/** `text`: its lines, the first of which takes `startBytes`. */
function wholeHead(text: string, startBytes: number, chunked: boolean): HeadText {
  return { text: text + END, fieldBytes: text.length - startBytes, chunked };
}

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
  const startBytes = text.length;
  if (authority !== undefined) text += line("host", authority, spelling);
  text += fieldLines(headers.fields, spelling);
  if (upgrade || method === "CONNECT" || headers.get("content-length") !== undefined) {
    return wholeHead(text, startBytes, false);
  }
  if (endStream) {
    if (!BODILESS.has(method)) text += line("content-length", "0", spelling);
    return wholeHead(text, startBytes, false);
  }
  return wholeHead(text + line("transfer-encoding", "chunked", spelling), startBytes, true);
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
  const start = statusLine(status, framing.http10, reason);
  const text = start + fieldLines(headers.fields, spelling);
  // As Envoy: an answer that ends with its head has no body, a tunnel's neither.
  if (headers.get("content-length") !== undefined || (framing.tunnel && !endStream))
    return wholeHead(text, start.length, false);
  if (status < 200 || status === 204 || status === 304) return wholeHead(text, start.length, false);
  if (endStream && !framing.toHead) {
    return wholeHead(text + line("content-length", "0", spelling), start.length, false);
  }
  if (framing.http10) return wholeHead(text, start.length, false);
  return wholeHead(
    text + line("transfer-encoding", "chunked", spelling),
    start.length,
    !framing.toHead && !endStream,
  );
}

/** A 1xx head. */
export function informationalHead(headers: Headers, status: number, spelling?: HeaderCase): HeadText {
  const start = statusLine(status, false);
  return wholeHead(start + fieldLines(headers.fields, headers.spelling ?? spelling), start.length, false);
}

/** The last chunk, which ends a message without trailers. */
export const LAST_CHUNK = "0\r\n\r\n";
export const NO_TRAILERS: HeadText = { text: LAST_CHUNK, fieldBytes: 0, chunked: false };

/** Trailers behind the last chunk. */
export function trailerSection(trailers: Headers, spelling?: HeaderCase): HeadText {
  const start = `0${END}`;
  return wholeHead(start + fieldLines(trailers.fields, trailers.spelling ?? spelling), start.length, false);
}
