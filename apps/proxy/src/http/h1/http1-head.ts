import { Headers } from "../header-map.ts";
import { joinedInTrailers } from "../inline-headers.ts";
import { JOINED_IN_REQUESTS, JOINED_IN_RESPONSES, joinLine } from "../joined-headers.ts";
import { statusText } from "../status-text.ts";
import { hashStep, internName } from "../well-known-names.ts";
import { type FramedHead, type Framing, requestFraming, responseFraming } from "./body-framing.ts";
import { PROPER_CASE, PreservedCase } from "./header-case.ts";
import type { HeaderSpelling } from "./header-spelling.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { METHODS } from "./methods.ts";
import { FIELD_VALUE, isToken, TARGET, TOKEN_LOWER } from "./octet-classes.ts";

export interface Http1HeadLimits {
  /** Header fields. */
  readonly headersMax: number;
  /** `allow_chunked_length`: chunks win over a length beside them, which is dropped. Default false: refused. */
  readonly allowChunkedLength?: boolean;
  /** `header_key_format`; only `preserve` matters here. */
  readonly spelling?: HeaderSpelling;
}

const CR = 13;
const SP = 32;
const HT = 9;
const COLON = 58;

/**
 * The lines of a message's head and trailers (RFC 9112 §3 to §5), one message after the other: what they say, and how the body
 * behind them is framed. The parser finds the lines; a method that answers an error has refused the message.
 */
export class Http1Head implements FramedHead {
  /** Of the message being read, or read last. */
  method = "";
  target = "";
  /** 10 or 11. */
  version = 11;
  status = 0;
  /** Requests: there was a Host, perhaps an empty one. */
  hasHost = false;
  contentLength = -1;
  isChunked = false;
  /** Responses: set before the head arrives. The request was HEAD: no body whatever the head says. */
  responseToHead = false;
  /** Responses: the request was CONNECT: a 2xx opens a tunnel. */
  responseToConnect = false;
  /** Of the field lines read, as Envoy counts them: names, values, colons and line ends. The parser begins anew. */
  fieldBytes = 0;
  acceptHttp10 = false;
  /** `allow_custom_methods`: any token will do. */
  anyMethod = false;

  private readonly isRequest: boolean;
  private readonly fieldsMax: number;
  private readonly allowChunkedLength: boolean;
  private readonly preserve: (HeaderSpelling & { readonly kind: "preserve" }) | undefined;
  private preserved: PreservedCase | undefined = undefined;
  private headers: Headers = new Headers();
  /** A bit for each name of it, by a hash: most messages have no name twice. */
  private namesRead = 0;

  constructor(isRequest: boolean, limits: Http1HeadLimits) {
    this.isRequest = isRequest;
    this.fieldsMax = limits.headersMax * 2 + (isRequest ? 6 : 2);
    this.allowChunkedLength = limits.allowChunkedLength ?? false;
    this.preserve = limits.spelling?.kind === "preserve" ? limits.spelling : undefined;
  }

  /** Its line is `text[start, end)`, as those of the others are. */
  readFirstLine(text: string, start: number, end: number): Http1Error | undefined {
    return this.isRequest ? this.readRequestLine(text, start, end) : this.readStatusLine(text, start, end);
  }

  private readRequestLine(text: string, start: number, end: number): Http1Error | undefined {
    const space = text.indexOf(" ", start);
    if (space <= start || space >= end) return Http1Errors.requestLine;
    const method = text.substring(start, space);
    if (!METHODS.has(method) && !(this.anyMethod && isToken(method))) return Http1Errors.method;
    let i = space + 1;
    while (TARGET[text.charCodeAt(i)] === 1) i++;
    if (i === space + 1) return Http1Errors.requestLine;
    this.method = method;
    this.target = text.substring(space + 1, i);
    // Placeholders for what the codec works out, so that pseudo-headers stand first without moving the rest.
    this.headers.fields.push(":method", method, ":path", this.target, ":authority", "", ":scheme", "");
    this.hasHost = false;
    if (i === end) return Http1Errors.version;
    if (text.charCodeAt(i) !== SP) {
      return text.charCodeAt(i) > 127 ? Http1Errors.requestLine : Http1Errors.headerCharacters;
    }
    return this.readVersion(text, i + 1, end, Http1Errors.requestLine);
  }

  private readVersion(
    text: string,
    start: number,
    end: number,
    malformed: Http1Error,
  ): Http1Error | undefined {
    if (end - start !== 8 || !text.startsWith("HTTP/", start) || text.charCodeAt(start + 6) !== 46)
      return malformed;
    const major = text.charCodeAt(start + 5) - 48;
    const minor = text.charCodeAt(start + 7) - 48;
    if (major < 0 || major > 9 || minor < 0 || minor > 9) return malformed;
    if (major !== 1 || minor > 1) return Http1Errors.version;
    this.version = 10 + minor;
    if (minor === 0 && this.isRequest && !this.acceptHttp10) return Http1Errors.version;
    return undefined;
  }

  private readStatusLine(text: string, start: number, end: number): Http1Error | undefined {
    if (end - start < 12) return Http1Errors.statusLine;
    const error = this.readVersion(text, start, start + 8, Http1Errors.statusLine);
    if (error !== undefined) return error;
    if (text.charCodeAt(start + 8) !== SP) return Http1Errors.statusLine;
    let status = 0;
    for (let i = start + 9; i < start + 12; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) return Http1Errors.statusLine;
      status = status * 10 + digit;
    }
    if (status < 100) return Http1Errors.statusLine;
    if (end > start + 12 && text.charCodeAt(start + 12) !== SP) return Http1Errors.statusLine;
    for (let i = start + 13; i < end; i++) {
      if (FIELD_VALUE[text.charCodeAt(i)] !== 1) return Http1Errors.statusLine;
    }
    this.status = status;
    this.headers.fields.push(":status", statusText(status));
    if (this.preserve?.forwardReasonPhrase === true) {
      this.preservedCase().reason = text.substring(start + 13, end);
    }
    return undefined;
  }

  readField(text: string, start: number, end: number, inTrailers: boolean): Http1Error | undefined {
    let i = start;
    let hash = 0;
    let hasUpper = false;
    for (;;) {
      const c = text.charCodeAt(i);
      const low = TOKEN_LOWER[c];
      if (low === 0 || low === undefined) break;
      if (low !== c) hasUpper = true;
      hash = hashStep(hash, low);
      i++;
    }
    const nameBytes = i - start;
    if (nameBytes === 0 || text.charCodeAt(i) !== COLON) {
      return text.charCodeAt(i) === 0 ? Http1Errors.headerCharacters : Http1Errors.headerName;
    }
    const name = internName(text, start, i, hash, hasUpper);
    if (this.preserve !== undefined) this.preservedCase().remember(name, text.substring(start, i));
    i++;
    while (i < end && (text.charCodeAt(i) === SP || text.charCodeAt(i) === HT)) i++;
    const valueStart = i;
    while (FIELD_VALUE[text.charCodeAt(i)] === 1) i++;
    if (i !== end) return text.charCodeAt(i) === CR ? Http1Errors.lineEnd : Http1Errors.headerCharacters;
    while (i > valueStart && (text.charCodeAt(i - 1) === SP || text.charCodeAt(i - 1) === HT)) i--;
    const fields = this.headers.fields;
    if (fields.length >= this.fieldsMax) return Http1Errors.tooManyHeaders;
    const value = text.substring(valueStart, i);
    this.fieldBytes += nameBytes + value.length + 3;
    if (inTrailers) {
      if (NO_TRAILERS.has(name)) return undefined;
    } else if (name === "content-length") {
      const length = parseLength(value);
      if (length < 0 || this.contentLength >= 0) return Http1Errors.contentLength;
      this.contentLength = length;
    } else if (name === "transfer-encoding") {
      if (this.isChunked || value.toLowerCase() !== "chunked") return Http1Errors.transferEncoding;
      this.isChunked = true;
      return undefined;
    } else if (name === "host" && this.isRequest) {
      if (this.hasHost) return Http1Errors.hostRepeated;
      this.hasHost = true;
      fields[5] = value;
      return undefined;
    }
    const mark = 1 << (hash & 31);
    if ((this.namesRead & mark) !== 0) {
      const ofHead = this.isRequest ? JOINED_IN_REQUESTS : JOINED_IN_RESPONSES;
      const joined = inTrailers ? joinedInTrailers(this.isRequest) : ofHead;
      if (joinLine(fields, name, value, joined)) return undefined;
    }
    this.namesRead |= mark;
    fields.push(name, value);
    return undefined;
  }

  /** Of the message being read. */
  private preservedCase(): PreservedCase {
    let preserved = this.preserved;
    if (preserved === undefined) {
      preserved = new PreservedCase(this.preserve?.othersProper === true ? PROPER_CASE : undefined);
      this.preserved = preserved;
    }
    return preserved;
  }

  /** The head's or the trailers' fields, whose lines are all read. */
  takeHeaders(): Headers {
    const headers = this.headers;
    this.headers = new Headers();
    this.namesRead = 0;
    if (this.preserved !== undefined) {
      headers.spelling = this.preserved;
      this.preserved = undefined;
    }
    return headers;
  }

  /** What the fields of a whole head may not say together. `headers`: what `takeHeaders` gave. */
  check(headers: Headers): Http1Error | undefined {
    if (this.isChunked) {
      if (this.contentLength >= 0) {
        if (!this.allowChunkedLength) return Http1Errors.lengthAndChunked;
        headers.remove("content-length");
        this.contentLength = -1;
      }
      if (this.version === 10) return Http1Errors.transferEncoding10;
    }
    if (!this.isRequest && (this.status < 200 || this.status === 204)) {
      // RFC 9112 §6.1, RFC 9110 §8.6: they have no body, and may not say that they do.
      if (this.isChunked || this.contentLength > 0) return Http1Errors.bodyDisallowed;
      if (this.contentLength === 0) headers.remove("content-length");
    }
    return undefined;
  }

  framing(): Framing {
    return this.isRequest ? requestFraming(this) : responseFraming(this);
  }

  /** Forgets what was said of the body: the next head starts anew. */
  resetFraming(): void {
    this.contentLength = -1;
    this.isChunked = false;
  }
}

/** RFC 9110 §6.5.1: framing, routing and what concerns the connection do not come behind a body; such fields are dropped. */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Non-negative decimal below 2^53, digits only; else -1. */
function parseLength(value: string): number {
  if (value.length === 0 || value.length > 15) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}
