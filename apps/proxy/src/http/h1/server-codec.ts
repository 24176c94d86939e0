import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { CompiledStringMatcher } from "@sluice/matching";
import { accountForRead, keepRead, lend } from "../../connection/read-memory.ts";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import { enterTurn, leaveTurn } from "../../event/turn.ts";
import type {
  HeadTimeout,
  RequestStream,
  ResponseEncoder,
  ServerCodec,
  ServerCodecCallbacks,
  StreamResetReason,
} from "../codec.ts";
import type { Headers } from "../header-map.ts";
import { Framing } from "./body-framing.ts";
import { hasToken, mayNominate } from "./connection-tokens.ts";
import type { HeaderCase } from "./header-case.ts";
import { type HeaderSpelling, writtenCase } from "./header-spelling.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { Http1Parser, type Http1ParserSink } from "./http1-parser.ts";
import type { Http1Stats } from "./http1-stats.ts";
import { isTarget, settleTarget, type TargetOptions } from "./request-target.ts";
import {
  type HeadText,
  informationalHead,
  LAST_CHUNK,
  NO_TRAILERS,
  responseHead,
  trailerSection,
} from "./serialize-head.ts";
import { settleUpgrade } from "./upgrade-offer.ts";

export interface Http1ServerOptions extends TargetOptions {
  readonly headBytesMax: number;
  readonly headersMax: number;
  /** `accept_http_10`. */
  readonly acceptHttp10: boolean;
  /** `enable_trailers`; otherwise trailers are read and dropped. */
  readonly trailers: boolean;
  readonly underscores: "allow" | "reject" | "drop";
  /** `allow_custom_methods`. */
  readonly anyMethod: boolean;
  /** `allow_chunked_length`. */
  readonly allowChunkedLength: boolean;
  /** `ignore_http_11_upgrade`: offers to upgrade that are not heard. */
  readonly ignoredUpgrades: readonly CompiledStringMatcher[];
  /** `override_stream_error_on_invalid_http_message`: a 400 of our own need not end the connection. */
  readonly keepsOpenOnInvalidMessage: boolean;
  /** `header_key_format`. */
  readonly spelling: HeaderSpelling;
  readonly stats: Http1Stats;
}

/**
 * HTTP/1.1, server side (RFC 9112). One request at a time: pipelined ones wait in the parser until the answer before them is
 * out. The codec is its only stream's response encoder, so that a request allocates neither.
 */
export class Http1ServerCodec implements Http1ParserSink, ResponseEncoder, ServerCodec {
  readonly multiplexed = false;
  reusable = true;
  /** The request asked for the connection's end, or was no good. */
  private lastByRequest = false;
  /** The connection's end is the answer's (HTTP/1.0). */
  private endsAnswer = false;
  private requestIsHttp10 = false;
  private readonly connection: SocketConnection;
  private readonly callbacks: ServerCodecCallbacks;
  private readonly options: Http1ServerOptions;
  private readonly parser: Http1Parser;
  private readonly spelling: HeaderCase | undefined;
  private stream: RequestStream | undefined = undefined;
  private requestComplete = false;
  private responseStarted = false;
  private responseComplete = false;
  private chunked = false;
  private toHead = false;
  private upgradeRequested = false;
  private connectRequested = false;
  private waitingReadPaused = false;
  private dispatching = false;
  /** Of the message that no stream has begun for. */
  private bytesBeforeStream = 0;

  constructor(connection: SocketConnection, callbacks: ServerCodecCallbacks, options: Http1ServerOptions) {
    this.connection = connection;
    this.callbacks = callbacks;
    this.options = options;
    this.parser = new Http1Parser(true, this, options);
    this.parser.head.acceptHttp10 = options.acceptHttp10;
    this.parser.head.anyMethod = options.anyMethod;
    this.spelling = writtenCase(options.spelling);
  }

  get protocol(): "HTTP/1.0" | "HTTP/1.1" {
    return this.requestIsHttp10 ? "HTTP/1.0" : "HTTP/1.1";
  }

  /** As in Envoy, whose action looks at HTTP/2 alone. */
  get streamSource(): undefined {
    return undefined;
  }

  /** True while a request is being read or answered. */
  get busy(): boolean {
    return this.stream !== undefined || this.parser.inMessage;
  }

  get readingHead(): boolean {
    return this.stream === undefined && this.parser.expectsMore;
  }

  dispatch(chunk: Buffer): void {
    // As Envoy's: what waits behind a whole request counts when its turn comes, and then all of it for the one request.
    if (this.stream === undefined) this.bytesBeforeStream += chunk.length;
    else if (!this.requestComplete) this.stream.meter.wireBytesReceived += chunk.length;
    accountForRead();
    this.dispatching = true;
    this.parser.execute(chunk);
    this.dispatching = false;
    if (!this.parser.hasPendingInput) return;
    keepRead();
    if (!this.waitingReadPaused) {
      this.waitingReadPaused = true;
      this.connection.readDisable(true);
    }
  }

  /** No callback follows. */
  stop(): void {
    this.parser.stop();
    this.stream = undefined;
  }

  /** The connection is gone. */
  onConnectionClosed(details: string): void {
    // As in Envoy a request counts, and is logged, however little of it had come.
    const stream = this.stream ?? (this.readingHead ? this.startStream() : undefined);
    this.stop();
    stream?.onReset("connection termination", details);
  }

  /** As Envoy: not where it is answered while it is being read. */
  endsCleanly(complete: boolean): boolean {
    return !this.dispatching && (this.endsAnswer || (complete && this.lastByRequest));
  }

  notifyShutdown(): void {
    this.reusable = false;
  }

  goAway(): void {
    this.reusable = false;
  }

  refuseReuse(): void {
    if (this.options.keepsOpenOnInvalidMessage) return;
    this.reusable = false;
    this.lastByRequest = true;
  }

  leaveUnread(): void {
    this.requestComplete = false;
  }

  failOverloaded(): void {
    this.parser.stop();
    this.reusable = false;
    this.startStream().onCodecError(Http1Errors.overloaded);
    this.callbacks.onFlood("overload", false);
  }

  failHead(which: HeadTimeout): void {
    this.reusable = false;
    this.startStream().onHeadTimeout(which);
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  onHead(headers: Headers): void {
    const { parser } = this;
    const { head } = parser;
    if (!isTarget(head)) {
      this.onParseError(Http1Errors.requestLine);
      return;
    }
    this.toHead = head.method === "HEAD";
    this.connectRequested = head.method === "CONNECT";
    const secure = this.connection.tls !== undefined;
    const error =
      this.checkHeaders(headers) ?? settleTarget(headers, head, parser.framing, secure, this.options);
    // As in Envoy, whose streams begin ahead of the head's lines, and whose version is that of the request once they are all read.
    if (error !== undefined) this.startStream();
    if (error !== Http1Errors.underscore) this.requestIsHttp10 = head.version === 10;
    if (error !== undefined) {
      this.onParseError(error);
      return;
    }
    const connectionHeader = headers.getAll("connection");
    if (
      this.requestIsHttp10
        ? !hasToken(connectionHeader, "keep-alive")
        : connectionHeader !== undefined && hasToken(connectionHeader, "close")
    ) {
      this.reusable = false;
      this.lastByRequest = true;
    }
    if (this.connectRequested || this.upgradeRequested) parser.becomeTunnel = true;
    const endStream = parser.framing === Framing.None && !parser.becomeTunnel;
    if (endStream) this.completeRequest();
    const stream = this.startStream();
    stream.decodeHeaders(headers, endStream);
  }

  onBody(chunk: Buffer, endStream: boolean): void {
    if (endStream) this.completeRequest();
    lend(chunk);
    this.stream?.decodeData(chunk, endStream);
  }

  onTrailers(trailers: Headers): void {
    const { options } = this;
    if (options.trailers && options.underscores !== "allow") {
      const error = this.checkUnderscores(trailers);
      if (error !== undefined) {
        this.onParseError(error);
        return;
      }
    }
    this.completeRequest();
    const { stream } = this;
    const fieldBytes = this.parser.takeFieldBytes();
    if (stream === undefined) return;
    if (options.trailers) {
      stream.meter.headerBytesReceived += fieldBytes;
      stream.decodeTrailers(trailers);
    } else stream.decodeData(EMPTY, true);
  }

  private checkUnderscores(trailers: Headers): Http1Error | undefined {
    const { fields } = trailers;
    let count = 0;
    for (let i = 0; i < fields.length; i += 2) if (fields[i]?.includes("_") === true) count++;
    if (count === 0) return undefined;
    if (this.options.underscores === "reject") return this.refuseUnderscore();
    this.dropUnderscores(trailers, count);
    return undefined;
  }

  private refuseUnderscore(): Http1Error {
    this.options.stats.requestsRejectedWithUnderscores.inc();
    return Http1Errors.underscore;
  }

  private dropUnderscores(headers: Headers, count: number): void {
    headers.removeWhere((name) => name.includes("_"));
    this.options.stats.droppedHeadersWithUnderscores.add(count);
    this.callbacks.onHeadersDropped(count);
  }

  onMessageComplete(): void {
    // `completeRequest` has run with the event before.
  }

  onParseError(error: Http1Error): void {
    this.parser.stop();
    this.reusable = false;
    // As Envoy: what was no request was no CONNECT, whose answer might open a tunnel.
    this.connectRequested = false;
    const stream = this.stream ?? this.startStream();
    if (!this.responseStarted) stream.onCodecError(error);
    this.callbacks.onProtocolError(error, false);
  }

  private startStream(): RequestStream {
    this.responseStarted = false;
    this.responseComplete = false;
    this.chunked = false;
    const stream = this.callbacks.newStream(this);
    this.stream = stream;
    const { meter } = stream;
    const fieldBytes = this.parser.takeFieldBytes();
    meter.wireBytesReceived = this.bytesBeforeStream;
    meter.headerBytesReceived = fieldBytes;
    meter.decompressedHeaderBytesReceived = fieldBytes;
    this.bytesBeforeStream = 0;
    return stream;
  }

  private completeRequest(): void {
    this.requestComplete = true;
    this.parser.pause();
    if (this.responseComplete) this.finishExchange();
  }

  private checkHeaders(headers: Headers): Http1Error | undefined {
    const { fields, options } = { fields: headers.fields, options: this.options };
    this.upgradeRequested = false;
    let dropped = 0;
    let nominates = false;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? "";
      if (name === "connection") {
        nominates ||= !mayNominate(fields[i + 1] ?? "");
      } else if (name === "upgrade") {
        if (hasToken(headers.getAll("connection"), "upgrade")) this.upgradeRequested = true;
      } else if (options.underscores !== "allow" && name.includes("_")) {
        if (options.underscores === "reject") return this.refuseUnderscore();
        dropped++;
      }
    }
    if (dropped > 0) this.dropUnderscores(headers, dropped);
    if (nominates) return Http1Errors.nominated;
    if (this.upgradeRequested) this.upgradeRequested = settleUpgrade(headers, options.ignoredUpgrades);
    return undefined;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  encode1xxHeaders(headers: Headers): void {
    this.writeHead(informationalHead(headers, Number(headers.get(":status") ?? "100"), this.spelling));
  }

  private writeHead({ text, fieldBytes }: HeadText): void {
    const meter = this.stream?.meter;
    if (meter !== undefined) {
      meter.wireBytesSent += text.length;
      meter.headerBytesSent += fieldBytes;
      meter.decompressedHeaderBytesSent += fieldBytes;
    }
    this.connection.write(text, false);
  }

  private write(data: Uint8Array | string): void {
    const { stream } = this;
    if (stream !== undefined) stream.meter.wireBytesSent += data.length;
    this.connection.write(data, false);
  }

  encodeHeaders(headers: Headers, endStream: boolean): void {
    const status = Number(headers.get(":status") ?? "200");
    this.responseStarted = true;
    const tunnel =
      (this.upgradeRequested && status === 101) || (this.connectRequested && status >= 200 && status < 300);
    const upgraded =
      (this.upgradeRequested && headers.has("upgrade")) || (this.connectRequested && status === 200);
    if (!tunnel || !upgraded) this.settleReuse(headers, upgraded);
    const head = responseHead(headers, status, endStream, {
      toHead: this.toHead,
      tunnel,
      http10: this.requestIsHttp10,
      spelling: this.spelling,
    });
    this.chunked = head.chunked;
    this.writeHead(head);
    if (endStream) this.endResponse();
  }

  /**
   * Says whether the connection stays: not behind an early answer, nor behind one of HTTP/1.0 without a length. As Envoy: nothing
   * is said of it where the answer is an upgrade's (`upgraded`), and a CONNECT's is one by 200 alone.
   */
  private settleReuse(headers: Headers, upgraded: boolean): void {
    if (!this.requestComplete) this.reusable = false;
    if (this.requestIsHttp10 && !headers.has("content-length")) {
      this.reusable = false;
      this.endsAnswer = true;
    }
    if (upgraded) return;
    if (!this.reusable) headers.append("connection", "close");
    else if (this.requestIsHttp10) headers.append("connection", "keep-alive");
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.toHead) {
      if (endStream) this.endResponse();
      return;
    }
    if (!this.chunked) {
      if (chunk.length > 0) this.write(chunk);
    } else {
      if (chunk.length > 0) {
        this.write(`${chunk.length.toString(16)}\r\n`);
        this.write(chunk);
        this.write(endStream ? "\r\n0\r\n\r\n" : "\r\n");
      } else if (endStream) this.write(LAST_CHUNK);
    }
    if (endStream) this.endResponse();
  }

  encodeTrailers(trailers: Headers): void {
    if (this.chunked)
      this.writeHead(this.options.trailers ? trailerSection(trailers, this.spelling) : NO_TRAILERS);
    this.endResponse();
  }

  /** The manager closes the connection behind what is written: all that is left is to end the message visibly short. */
  reset(_reason: StreamResetReason): string {
    this.timeOutFlush();
    return "";
  }

  /** A whole response is the connection's to hand over, which ends with its own timeouts: the stream does not wait for that. */
  timeOutFlush(): void {
    this.reusable = false;
    this.stop();
  }

  readDisable(disable: boolean): void {
    this.connection.readDisable(disable);
  }

  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.connection.addWatermarkCallbacks(callbacks);
  }

  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.connection.removeWatermarkCallbacks(callbacks);
  }

  get aboveHighWatermark(): boolean {
    return this.connection.aboveHighWatermark;
  }

  private endResponse(): void {
    this.responseComplete = true;
    if (this.requestComplete) this.finishExchange();
  }

  private finishExchange(): void {
    const { stream } = this;
    this.stream = undefined;
    this.requestComplete = false;
    this.responseComplete = false;
    stream?.onComplete();
    if (this.dispatching || !this.parser.hasPendingInput) this.nextRequest();
    // As in Envoy: the upstream whose answer this was is free again when the next request asks for one.
    else queueMicrotask(() => this.nextRequestInTurn());
  }

  private nextRequestInTurn(): void {
    enterTurn();
    this.nextRequest();
    leaveTurn();
  }

  private nextRequest(): void {
    if (this.connection.state !== "open") return;
    if (this.waitingReadPaused) {
      this.waitingReadPaused = false;
      this.connection.readDisable(false);
    }
    this.bytesBeforeStream += this.parser.pendingBytes;
    this.parser.resume();
    if (this.readingHead) this.callbacks.onHeadBegun();
    if (this.parser.hasPendingInput && !this.waitingReadPaused) {
      this.waitingReadPaused = true;
      this.connection.readDisable(true);
    }
  }
}

const EMPTY = Buffer.alloc(0);
