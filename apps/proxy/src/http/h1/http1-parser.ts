import { Headers } from "../header-map.ts";
import { hashStep, internName } from "../well-known-names.ts";
import { PROPER_CASE, PreservedCase } from "./header-case.ts";
import type { HeaderSpelling } from "./header-spelling.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { FIELD_VALUE, isToken, TARGET, TOKEN_LOWER } from "./octet-classes.ts";

/** What a parser tells its codec. Bytes are borrowed for the call. Any callback may pause or stop the parser. */
export interface Http1ParserSink {
  /** The head is whole; `parser.method` … hold its first line. Answers how the body is framed. */
  onHead(headers: Headers): void;
  /** `endStream`: these are the last bytes of the message, and no trailers follow. */
  onBody(chunk: Buffer, endStream: boolean): void;
  /** The message ended behind its chunks with trailers. */
  onTrailers(trailers: Headers): void;
  /** The message ended; called after `onHead`, `onBody` or `onTrailers` said so. */
  onMessageComplete(): void;
  /** Nothing more is parsed. */
  onParseError(error: Http1Error): void;
}

export interface Http1ParserLimits {
  /** First line and headers, in bytes. */
  readonly headBytesMax: number;
  /** Header fields. */
  readonly headersMax: number;
  /** `allow_chunked_length`: chunks win over a length beside them, which is dropped. Default false: refused. */
  readonly allowChunkedLength?: boolean;
  /** `header_key_format`; only `preserve` matters here. */
  readonly spelling?: HeaderSpelling;
}

/** How a body ends (RFC 9112 §6.3). */
export const Framing = { None: 0, Length: 1, Chunked: 2, UntilClose: 3, Tunnel: 4 } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];

const State = {
  FirstLine: 0,
  Fields: 1,
  BodyLength: 2,
  BodyUntilClose: 3,
  ChunkSize: 4,
  ChunkExtension: 5,
  ChunkSizeLf: 6,
  ChunkData: 7,
  ChunkDataCr: 8,
  ChunkDataLf: 9,
  Trailers: 10,
  Failed: 11,
} as const;
type State = (typeof State)[keyof typeof State];

const CR = 13;
const LF = 10;
const SP = 32;
const HT = 9;
const COLON = 58;
/** Chunk extensions are skipped, but not without end. */
const CHUNK_EXTENSION_BYTES_MAX = 4096;
const CHUNK_SIZE_DIGITS_MAX = 13;
const FIRST_SLICE_BYTES = 4096;
/** RFC 9112 §2.2: empty lines before a request line are skipped; not without end either. */
const LEADING_LINES_MAX = 8;

const METHODS: ReadonlySet<string> = new Set([
  "ACL",
  "BIND",
  "CHECKOUT",
  "CONNECT",
  "COPY",
  "DELETE",
  "GET",
  "HEAD",
  "LINK",
  "LOCK",
  "M-SEARCH",
  "MERGE",
  "MKACTIVITY",
  "MKCALENDAR",
  "MKCOL",
  "MOVE",
  "NOTIFY",
  "OPTIONS",
  "PATCH",
  "POST",
  "PROPFIND",
  "PROPPATCH",
  "PURGE",
  "PUT",
  "REBIND",
  "REPORT",
  "SEARCH",
  "SOURCE",
  "SUBSCRIBE",
  "TRACE",
  "UNBIND",
  "UNLINK",
  "UNLOCK",
  "UNSUBSCRIBE",
]);

/**
 * An incremental HTTP/1.1 parser (RFC 9112) for either direction. Strict where leniency lets two parsers disagree about a
 * message's end: bare CR or LF, folded lines, space before a colon, NUL, repeated or odd lengths are refused.
 *
 * Heads are read as latin1 text, line by line: what is whole is consumed, so that input that trickles in costs no more than
 * its size times the longest line. However the input is cut, the events are the same (but for where bodies are cut).
 */
export class Http1Parser {
  /** Of the message being read. */
  method = "";
  target = "";
  /** 10 or 11. */
  version = 11;
  status = 0;
  reason = "";
  framing: Framing = Framing.None;
  /** Requests: there was a Host, perhaps an empty one. */
  hasHost = false;
  /** Declared Content-Length, -1 without. */
  contentLength = -1;
  /** Responses: set before the head arrives. The request was HEAD: no body whatever the head says. */
  responseToHead = false;
  /** Responses: the request was CONNECT: a 2xx opens a tunnel. */
  responseToConnect = false;
  /** Requests: let CONNECT and `Upgrade` requests become tunnels. Set by the codec inside `onHead`. */
  becomeTunnel = false;
  acceptHttp10 = false;
  /** `allow_custom_methods`: any token will do. */
  anyMethod = false;

  private readonly isRequest: boolean;
  private readonly sink: Http1ParserSink;
  private readonly limits: Http1ParserLimits;
  private state: State = State.FirstLine;
  private paused = false;
  private stopped = false;
  private running = false;
  private headers: Headers = new Headers();
  /** An incomplete line, and how far it is known to hold no LF. */
  private text = "";
  private textScanned = 0;
  private headBytes = 0;
  private leadingLines = 0;
  private remaining = 0;
  private digits = 0;
  private extensionBytes = 0;
  private pendingBody: Buffer | undefined = undefined;
  private hasTransferEncoding = false;
  private readonly fieldsMax: number;
  private input: Buffer | undefined = undefined;
  private inputAt = 0;
  private readonly allowChunkedLength: boolean;
  private readonly preserve: (HeaderSpelling & { readonly kind: "preserve" }) | undefined;
  private preserved: PreservedCase | undefined = undefined;

  constructor(isRequest: boolean, sink: Http1ParserSink, limits: Http1ParserLimits) {
    this.isRequest = isRequest;
    this.sink = sink;
    this.limits = limits;
    this.fieldsMax = limits.headersMax * 2 + (isRequest ? 6 : 2);
    this.allowChunkedLength = limits.allowChunkedLength ?? false;
    this.preserve = limits.spelling?.kind === "preserve" ? limits.spelling : undefined;
  }

  /** True while a message's head has begun and the message has not ended. */
  get inMessage(): boolean {
    return this.state !== State.FirstLine || this.text.length > 0;
  }

  /** True when input is waiting behind `pause`. */
  get hasPendingInput(): boolean {
    return this.input !== undefined && this.inputAt < this.input.length;
  }

  /** Input is kept, not parsed, until `resume`. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    if (!this.running && this.input !== undefined) this.run();
  }

  /** Forgets everything; no event follows. */
  stop(): void {
    this.stopped = true;
    this.input = undefined;
    this.pendingBody = undefined;
  }

  execute(chunk: Buffer): void {
    if (this.stopped || this.state === State.Failed || chunk.length === 0) return;
    if (this.input === undefined) {
      this.input = chunk;
      this.inputAt = 0;
    } else {
      this.input = Buffer.concat([this.input.subarray(this.inputAt), chunk]);
      this.inputAt = 0;
    }
    if (!this.paused && !this.running) this.run();
  }

  /** The peer closed: ends a body that lasts until then. True when that was a proper end of a message. */
  finish(): boolean {
    if (this.stopped || this.state === State.Failed) return false;
    if (this.state !== State.BodyUntilClose) return false;
    this.state = State.FirstLine;
    this.sink.onBody(EMPTY, true);
    this.sink.onMessageComplete();
    return true;
  }

  private run(): void {
    this.running = true;
    while (this.input !== undefined && !this.paused && !this.stopped) {
      const input = this.input;
      const at = this.inputAt;
      if (at >= input.length || this.state === State.Failed) {
        this.input = undefined;
        break;
      }
      const state = this.state;
      if (state <= State.Fields || state === State.Trailers) this.readLines(input, at);
      else this.readBody(input, at, state);
    }
    this.running = false;
    this.flushBody(false);
  }

  private fail(error: Http1Error): undefined {
    this.flushBody(false);
    this.state = State.Failed;
    this.input = undefined;
    if (!this.stopped) this.sink.onParseError(error);
  }

  private flushBody(endStream: boolean): void {
    const body = this.pendingBody;
    if (body === undefined) return;
    this.pendingBody = undefined;
    if (!this.stopped) this.sink.onBody(body, endStream);
  }

  // ── heads and trailers ──────────────────────────────────────────────────────────────────────────────────────────────

  private readLines(input: Buffer, at: number): undefined {
    let end = input.length;
    if (end - at > FIRST_SLICE_BYTES) end = at + FIRST_SLICE_BYTES;
    let text = input.toString("latin1", at, end);
    let scanFrom = 0;
    const kept = this.text.length;
    if (kept > 0) {
      text = this.text + text;
      scanFrom = this.textScanned;
      this.text = "";
    }
    let lineStart = 0;
    for (;;) {
      const lf = text.indexOf("\n", scanFrom);
      if (lf < 0) break;
      this.headBytes += lf + 1 - lineStart;
      if (this.headBytes > this.limits.headBytesMax) return this.fail(Http1Errors.headersTooLarge);
      if (lf === lineStart || text.charCodeAt(lf - 1) !== CR) return this.fail(Http1Errors.lineEnd);
      const state = this.state;
      if (lf - 1 === lineStart) {
        // An empty line: the end of the head or the trailers, or a stray one before a request.
        this.inputAt = at + lf + 1 - kept;
        if (state === State.FirstLine) {
          if (!this.isRequest || ++this.leadingLines > LEADING_LINES_MAX)
            return this.fail(Http1Errors.requestLine);
          this.headBytes = 0;
        } else {
          if (state === State.Trailers) this.endTrailers();
          else this.endHead();
          return;
        }
      } else if (state === State.FirstLine) {
        const error = this.isRequest
          ? this.readRequestLine(text, lineStart, lf - 1)
          : this.readStatusLine(text, lineStart, lf - 1);
        if (error !== undefined) return this.fail(error);
        this.state = State.Fields;
      } else {
        const error = this.readField(text, lineStart, lf - 1);
        if (error !== undefined) return this.fail(error);
      }
      lineStart = lf + 1;
      scanFrom = lineStart;
    }
    if (this.headBytes + text.length - lineStart > this.limits.headBytesMax) {
      return this.fail(Http1Errors.headersTooLarge);
    }
    this.text = lineStart === 0 ? text : text.substring(lineStart);
    this.textScanned = this.text.length;
    this.inputAt = end;
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

  private readField(text: string, start: number, end: number): Http1Error | undefined {
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
    if (i === start || text.charCodeAt(i) !== COLON) {
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
    if (this.state === State.Fields) {
      if (name === "content-length") {
        const length = parseLength(value);
        if (length < 0 || this.contentLength >= 0) return Http1Errors.contentLength;
        this.contentLength = length;
      } else if (name === "transfer-encoding") {
        if (this.hasTransferEncoding || value.toLowerCase() !== "chunked")
          return Http1Errors.transferEncoding;
        this.hasTransferEncoding = true;
        return undefined;
      } else if (name === "host" && this.isRequest) {
        if (this.hasHost) return Http1Errors.hostRepeated;
        this.hasHost = true;
        fields[5] = value;
        return undefined;
      }
    } else if (NO_TRAILERS.has(name)) return undefined;
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

  private takeHeaders(): Headers {
    const headers = this.headers;
    this.headers = new Headers();
    this.headBytes = 0;
    if (this.preserved !== undefined) {
      headers.spelling = this.preserved;
      this.preserved = undefined;
    }
    return headers;
  }

  private endHead(): undefined {
    const headers = this.takeHeaders();
    this.leadingLines = 0;
    if (this.hasTransferEncoding) {
      if (this.contentLength >= 0) {
        if (!this.allowChunkedLength) return this.fail(Http1Errors.lengthAndChunked);
        headers.remove("content-length");
        this.contentLength = -1;
      }
      if (this.version === 10) return this.fail(Http1Errors.transferEncoding10);
    }
    if (!this.isRequest && (this.status < 200 || this.status === 204)) {
      // RFC 9112 §6.1, RFC 9110 §8.6: they have no body, and may not say that they do.
      if (this.hasTransferEncoding || this.contentLength > 0) return this.fail(Http1Errors.bodyDisallowed);
      if (this.contentLength === 0) headers.remove("content-length");
    }
    this.framing = this.isRequest ? this.requestFraming() : this.responseFraming();
    this.becomeTunnel = false;
    this.remaining = this.framing === Framing.Length ? this.contentLength : 0;
    this.digits = 0;
    this.extensionBytes = 0;
    const framing = this.framing;
    this.resetHeadState();
    this.state = bodyState(framing);
    this.sink.onHead(headers);
    if (this.stopped) return;
    if (this.becomeTunnel || framing === Framing.Tunnel) {
      this.framing = Framing.Tunnel;
      this.state = State.BodyUntilClose;
    } else if (framing === Framing.None) {
      this.state = State.FirstLine;
      this.sink.onMessageComplete();
    }
  }

  private resetHeadState(): void {
    this.contentLength = -1;
    this.hasTransferEncoding = false;
  }

  private requestFraming(): Framing {
    if (this.hasTransferEncoding) return Framing.Chunked;
    return this.contentLength > 0 ? Framing.Length : Framing.None;
  }

  private responseFraming(): Framing {
    const status = this.status;
    if (status === 101) return Framing.Tunnel;
    if (this.responseToConnect && status >= 200 && status < 300) return Framing.Tunnel;
    if (status < 200 || status === 204 || status === 304 || this.responseToHead) return Framing.None;
    if (this.hasTransferEncoding) return Framing.Chunked;
    if (this.contentLength >= 0) return this.contentLength > 0 ? Framing.Length : Framing.None;
    return Framing.UntilClose;
  }

  private endTrailers(): undefined {
    const trailers = this.takeHeaders();
    this.state = State.FirstLine;
    if (trailers.fields.length === 0) {
      if (this.pendingBody === undefined) this.sink.onBody(EMPTY, true);
      else this.flushBody(true);
    } else {
      this.flushBody(false);
      if (this.stopped) return;
      this.sink.onTrailers(trailers);
    }
    if (!this.stopped) this.sink.onMessageComplete();
  }

  // ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A state machine over octets and runs of octets; one step per call, which `run` repeats. */
  private readBody(input: Buffer, from: number, state: State): undefined {
    let at = from;
    const end = input.length;
    switch (state) {
      case State.BodyLength: {
        const take = Math.min(this.remaining, end - at);
        this.remaining -= take;
        this.inputAt = at + take;
        const chunk = at === 0 && take === end ? input : input.subarray(at, at + take);
        if (this.remaining > 0) {
          this.sink.onBody(chunk, false);
          return;
        }
        this.state = State.FirstLine;
        this.sink.onBody(chunk, true);
        if (!this.stopped) this.sink.onMessageComplete();
        return;
      }
      case State.BodyUntilClose:
        this.inputAt = end;
        this.sink.onBody(at === 0 ? input : input.subarray(at), false);
        return;
      case State.ChunkData: {
        const take = Math.min(this.remaining, end - at);
        this.remaining -= take;
        this.inputAt = at + take;
        this.flushBody(false);
        this.pendingBody = input.subarray(at, at + take);
        if (this.remaining === 0) this.state = State.ChunkDataCr;
        return;
      }
      default:
        break;
    }
    while (at < end) {
      const c = input[at++] ?? 0;
      switch (this.state) {
        case State.ChunkSize: {
          const value = hexValue(c);
          if (value >= 0) {
            if (++this.digits > CHUNK_SIZE_DIGITS_MAX) return this.fail(Http1Errors.chunkSize);
            this.remaining = this.remaining * 16 + value;
            continue;
          }
          if (this.digits === 0) return this.fail(Http1Errors.chunkSize);
          if (c === CR) this.state = State.ChunkSizeLf;
          else if (c === 59 || c === SP || c === HT) this.state = State.ChunkExtension;
          else return this.fail(Http1Errors.chunkSize);
          continue;
        }
        case State.ChunkExtension:
          if (c === CR) this.state = State.ChunkSizeLf;
          else if (FIELD_VALUE[c] !== 1 || ++this.extensionBytes > CHUNK_EXTENSION_BYTES_MAX) {
            return this.fail(Http1Errors.chunkSize);
          }
          continue;
        case State.ChunkSizeLf:
          if (c !== LF) return this.fail(Http1Errors.chunkSize);
          this.inputAt = at;
          this.digits = 0;
          this.state = this.remaining === 0 ? State.Trailers : State.ChunkData;
          return;
        case State.ChunkDataCr:
          if (c !== CR) return this.fail(Http1Errors.chunkEnd);
          this.state = State.ChunkDataLf;
          continue;
        case State.ChunkDataLf:
          if (c !== LF) return this.fail(Http1Errors.chunkEnd);
          this.state = State.ChunkSize;
          this.remaining = 0;
          this.digits = 0;
          continue;
        default:
          throw new Error(`chunk parser in state ${this.state}`);
      }
    }
    this.inputAt = at;
  }
}

const EMPTY = Buffer.alloc(0);

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

const BODY_STATES: readonly State[] = [
  State.FirstLine,
  State.BodyLength,
  State.ChunkSize,
  State.BodyUntilClose,
  State.BodyUntilClose,
];

function bodyState(framing: Framing): State {
  return BODY_STATES[framing] ?? State.FirstLine;
}

const STATUS_TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, status) => String(status));

/** The three digits of a status without building a string. */
export function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? String(status);
}

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

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const low = c | 32;
  return low >= 97 && low <= 102 ? low - 87 : -1;
}
