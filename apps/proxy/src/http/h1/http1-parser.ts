import type { Headers } from "../header-map.ts";
import { Framing } from "./body-framing.ts";
import { ChunkLines } from "./chunk-lines.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { Http1Head, type Http1HeadLimits } from "./http1-head.ts";

/** What a parser tells its codec. Bytes are borrowed for the call. Any callback may pause or stop the parser. */
export interface Http1ParserSink {
  /** The head is whole; `parser.head` holds its first line, `parser.framing` how the body ends. */
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

export interface Http1ParserLimits extends Http1HeadLimits {
  /** First line and headers, in bytes. */
  readonly headBytesMax: number;
}

const State = {
  FirstLine: 0,
  Fields: 1,
  BodyLength: 2,
  BodyUntilClose: 3,
  ChunkLine: 4,
  ChunkData: 5,
  Trailers: 6,
  Failed: 7,
} as const;
type State = (typeof State)[keyof typeof State];

const CR = 13;
const FIRST_SLICE_BYTES = 4096;
/** RFC 9112 §2.2: empty lines before a request line are skipped, but not without end. */
const LEADING_LINES_MAX = 8;

/**
 * An incremental HTTP/1.1 parser (RFC 9112) for either direction. Strict where leniency lets two parsers disagree about a
 * message's end: bare CR or LF, folded lines, space before a colon, NUL, repeated or odd lengths are refused.
 *
 * Heads are read as latin1 text, line by line: what is whole is consumed, so that input that trickles in costs no more than
 * its size times the longest line. However the input is cut, the events are the same (but for where bodies are cut).
 */
export class Http1Parser {
  /** Of the message being read. */
  readonly head: Http1Head;
  framing: Framing = Framing.None;
  /** Requests: let CONNECT and `Upgrade` requests become tunnels. Set by the codec inside `onHead`. */
  becomeTunnel = false;

  private readonly isRequest: boolean;
  private readonly sink: Http1ParserSink;
  private readonly headBytesMax: number;
  private readonly chunks = new ChunkLines();
  private state: State = State.FirstLine;
  private paused = false;
  private stopped = false;
  private running = false;
  /** An incomplete line, and how far it is known to hold no LF. */
  private text = "";
  private textScanned = 0;
  private headBytes = 0;
  private leadingLines = 0;
  private fieldBytes = 0;
  /** Of the body, or of the chunk at hand. */
  private remaining = 0;
  private pendingBody: Buffer | undefined = undefined;
  private input: Buffer | undefined = undefined;
  private inputAt = 0;

  constructor(isRequest: boolean, sink: Http1ParserSink, limits: Http1ParserLimits) {
    this.isRequest = isRequest;
    this.sink = sink;
    this.headBytesMax = limits.headBytesMax;
    this.head = new Http1Head(isRequest, limits);
  }

  /** True while a message's head has begun and the message has not ended. */
  get inMessage(): boolean {
    return this.state !== State.FirstLine || this.text.length > 0;
  }

  /** As `inMessage`, until `stop`. */
  get expectsMore(): boolean {
    return !this.stopped && this.inMessage;
  }

  /** True when input is waiting behind `pause`. */
  get hasPendingInput(): boolean {
    return this.input !== undefined && this.inputAt < this.input.length;
  }

  /** Bytes that wait so. */
  get pendingBytes(): number {
    return this.input === undefined ? 0 : this.input.length - this.inputAt;
  }

  /** Once for each head or trailers: what their field lines count for. As in Envoy, a head without any counts for 3. */
  takeFieldBytes(): number {
    const bytes = this.fieldBytes;
    this.fieldBytes = 0;
    return bytes;
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
      if (this.headBytes > this.headBytesMax) return this.fail(Http1Errors.headersTooLarge);
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
        const error = this.head.readFirstLine(text, lineStart, lf - 1);
        if (error !== undefined) return this.fail(error);
        this.state = State.Fields;
      } else {
        const error = this.head.readField(text, lineStart, lf - 1, state === State.Trailers);
        if (error !== undefined) return this.fail(error);
      }
      lineStart = lf + 1;
      scanFrom = lineStart;
    }
    if (this.headBytes + text.length - lineStart > this.headBytesMax) {
      return this.fail(Http1Errors.headersTooLarge);
    }
    this.text = lineStart === 0 ? text : text.substring(lineStart);
    this.textScanned = this.text.length;
    this.inputAt = end;
  }

  private endHead(): undefined {
    const { head } = this;
    const headers = head.takeHeaders();
    this.fieldBytes = head.fieldBytes === 0 ? 3 : head.fieldBytes;
    head.fieldBytes = 0;
    this.headBytes = 0;
    this.leadingLines = 0;
    const error = head.check(headers);
    if (error !== undefined) return this.fail(error);
    const framing = head.framing();
    this.framing = framing;
    this.becomeTunnel = false;
    this.remaining = framing === Framing.Length ? head.contentLength : 0;
    if (framing === Framing.Chunked) this.chunks.begin();
    head.resetFraming();
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

  private endTrailers(): undefined {
    const { head } = this;
    const trailers = head.takeHeaders();
    this.fieldBytes = head.fieldBytes;
    head.fieldBytes = 0;
    this.headBytes = 0;
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

  /** One step per call, which `run` repeats. */
  private readBody(input: Buffer, from: number, state: State): undefined {
    const end = input.length;
    switch (state) {
      case State.BodyLength: {
        const take = Math.min(this.remaining, end - from);
        this.remaining -= take;
        this.inputAt = from + take;
        const chunk = from === 0 && take === end ? input : input.subarray(from, from + take);
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
        this.sink.onBody(from === 0 ? input : input.subarray(from), false);
        return;
      case State.ChunkData: {
        const take = Math.min(this.remaining, end - from);
        this.remaining -= take;
        this.inputAt = from + take;
        this.flushBody(false);
        this.pendingBody = input.subarray(from, from + take);
        if (this.remaining > 0) return;
        this.state = State.ChunkLine;
        this.chunks.endData();
        return;
      }
      case State.ChunkLine: {
        const { chunks } = this;
        const at = chunks.read(input, from);
        if (at < 0) return this.fail(chunks.error);
        this.inputAt = at;
        if (!chunks.whole) return;
        this.remaining = chunks.size;
        this.state = chunks.size === 0 ? State.Trailers : State.ChunkData;
        return;
      }
      default:
        throw new Error(`a body in state ${state}`);
    }
  }
}

const EMPTY = Buffer.alloc(0);

const BODY_STATES: readonly State[] = [
  State.FirstLine,
  State.BodyLength,
  State.ChunkLine,
  State.BodyUntilClose,
  State.BodyUntilClose,
];

function bodyState(framing: Framing): State {
  return BODY_STATES[framing] ?? State.FirstLine;
}
