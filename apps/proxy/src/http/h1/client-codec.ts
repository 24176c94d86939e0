import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { CodecError, ResponseStream, StreamResetReason } from "../codec.ts";
import type { Headers } from "../header-map.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { Framing, Http1Parser, type Http1ParserSink } from "./http1-parser.ts";
import { requestHead, trailerSection } from "./serialize-head.ts";
import { hasToken } from "./server-codec.ts";

export interface Http1ClientOptions {
  readonly headBytesMax: number;
  readonly headersMax: number;
  readonly trailers: boolean;
}

export interface ClientCodecCallbacks {
  /** Both messages are through. `reusable`: the connection may carry another. */
  onExchangeComplete(reusable: boolean): void;
  /** The peer broke the protocol; the stream has been told, the connection is to be closed. */
  onProtocolError(error: CodecError): void;
}

/** HTTP/1.1, client side: one exchange at a time. It is also the request encoder of its stream. */
export class Http1ClientCodec implements Http1ParserSink {
  private readonly connection: SocketConnection;
  private readonly callbacks: ClientCodecCallbacks;
  private readonly options: Http1ClientOptions;
  private readonly parser: Http1Parser;
  private stream: ResponseStream | undefined = undefined;
  private chunked = false;
  private upgrade = false;
  private requestComplete = false;
  private responseComplete = false;
  private keepAlive = true;
  /** A byte of the response has arrived. */
  responseStarted = false;

  constructor(connection: SocketConnection, callbacks: ClientCodecCallbacks, options: Http1ClientOptions) {
    this.connection = connection;
    this.callbacks = callbacks;
    this.options = options;
    this.parser = new Http1Parser(false, this, options);
  }

  get active(): boolean {
    return this.stream !== undefined;
  }

  /** Whether `stream`'s exchange is the one in progress. */
  carries(stream: ResponseStream): boolean {
    return this.stream === stream;
  }

  /** Begins an exchange. */
  start(stream: ResponseStream): void {
    this.stream = stream;
    this.requestComplete = false;
    this.responseComplete = false;
    this.responseStarted = false;
    this.keepAlive = true;
  }

  /** The stream is no longer interested; the connection cannot be used again. */
  abandon(): void {
    this.stream = undefined;
    this.parser.stop();
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  encodeHeaders(headers: Headers, endStream: boolean): void {
    const method = headers.get(":method");
    this.upgrade = headers.get("upgrade") !== undefined;
    this.parser.responseToHead = method === "HEAD";
    this.parser.responseToConnect = method === "CONNECT";
    const head = requestHead(headers, endStream, this.upgrade);
    this.chunked = head.chunked;
    this.connection.write(head.text, false);
    if (endStream) this.endRequest();
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    const { connection } = this;
    if (!this.chunked) {
      if (chunk.length > 0) connection.write(chunk, false);
    } else if (chunk.length > 0) {
      connection.write(`${chunk.length.toString(16)}\r\n`, false);
      connection.write(chunk, false);
      connection.write(endStream ? "\r\n0\r\n\r\n" : "\r\n", false);
    } else if (endStream) connection.write("0\r\n\r\n", false);
    if (endStream) this.endRequest();
  }

  encodeTrailers(trailers: Headers): void {
    if (this.chunked) {
      this.connection.write(this.options.trailers ? trailerSection(trailers) : "0\r\n\r\n", false);
    }
    this.endRequest();
  }

  private endRequest(): void {
    this.requestComplete = true;
    if (this.upgrade || this.parser.responseToConnect) {
      // Behind a tunnel the end of the request is a half-close of the connection.
      if (this.responseStarted) this.connection.write("", true);
      return;
    }
    if (this.responseComplete) this.finishExchange();
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  dispatch(chunk: Buffer): void {
    if (this.stream === undefined) {
      this.parser.stop();
      this.callbacks.onProtocolError(Http1Errors.unexpectedData);
      return;
    }
    this.parser.execute(chunk);
  }

  /** The peer closed (or half-closed): a body that lasts until then ends, everything else is a reset. */
  onConnectionClosed(reason: StreamResetReason, transportFailure: string): void {
    const { stream } = this;
    if (stream === undefined) return;
    this.keepAlive = false;
    if (this.parser.finish()) return;
    this.abandon();
    stream.onReset(reason, transportFailure);
  }

  onHead(headers: Headers): void {
    const { parser, stream } = this;
    this.responseStarted = true;
    const { status } = parser;
    if (status < 200 && status !== 101) {
      if (status === 100 || status === 103 || status === 102) stream?.decode1xxHeaders(headers);
      return;
    }
    if (status === 101 && !this.upgrade) {
      this.onParseError(Http1Errors.statusLine);
      return;
    }
    if (parser.version === 10) this.keepAlive = hasToken(headers.getAll("connection"), "keep-alive");
    else if (hasToken(headers.getAll("connection"), "close")) this.keepAlive = false;
    if (parser.framing === Framing.UntilClose || parser.framing === Framing.Tunnel) this.keepAlive = false;
    const endStream = parser.framing === Framing.None;
    if (endStream) this.responseComplete = true;
    stream?.decodeHeaders(headers, endStream);
  }

  onBody(chunk: Buffer, endStream: boolean): void {
    if (endStream) this.responseComplete = true;
    this.stream?.decodeData(chunk, endStream);
  }

  onTrailers(trailers: Headers): void {
    this.responseComplete = true;
    if (this.options.trailers) this.stream?.decodeTrailers(trailers);
    else this.stream?.decodeData(EMPTY, true);
  }

  onMessageComplete(): void {
    if (!this.responseComplete) return; // 1xx
    if (this.requestComplete) this.finishExchange();
    else if (this.stream !== undefined) this.parser.pause();
  }

  onParseError(error: Http1Error): void {
    const { stream } = this;
    this.abandon();
    stream?.onReset("protocol error", error.message);
    this.callbacks.onProtocolError(error);
  }

  private finishExchange(): void {
    if (this.stream === undefined) return;
    this.stream = undefined;
    this.parser.resume();
    // Bytes behind the answer belong to no request.
    const clean = !this.parser.hasPendingInput && !this.parser.inMessage;
    this.callbacks.onExchangeComplete(this.keepAlive && clean);
  }
}

const EMPTY = Buffer.alloc(0);
