import type { WatermarkCallbacks } from "@sluice/extension-api";
import { accountForRead, keepRead, lend } from "../../connection/read-memory.ts";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import type {
  ClientCodec,
  ClientCodecCallbacks,
  RequestEncoder,
  ResponseStream,
  StreamResetReason,
} from "../codec.ts";
import type { Headers } from "../header-map.ts";
import { Framing } from "./body-framing.ts";
import { hasToken } from "./connection-tokens.ts";
import type { HeaderSpelling } from "./header-spelling.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { Http1Parser, type Http1ParserSink } from "./http1-parser.ts";
import { Http1MessageWriter } from "./message-writer.ts";
import { type HeadFormat, requestHead } from "./serialize-head.ts";

/** A cluster's Http1ProtocolOptions; plain data, so that it can cross threads. */
export interface Http1ClientSettings {
  /** `enable_trailers`; otherwise trailers are dropped both ways. */
  readonly trailers: boolean;
  /** `allow_chunked_length`. */
  readonly allowChunkedLength: boolean;
  /** `send_fully_qualified_url`. */
  readonly fullyQualifiedUrl: boolean;
  /** `header_key_format`. */
  readonly spelling: HeaderSpelling;
}

export interface Http1ClientOptions extends Http1ClientSettings {
  readonly headBytesMax: number;
  readonly headersMax: number;
}

/** HTTP/1.1, client side: one exchange at a time. It is also the request encoder of its stream: a request allocates neither. */
export class Http1ClientCodec
  extends Http1MessageWriter
  implements Http1ParserSink, ClientCodec, RequestEncoder
{
  readonly protocol = "HTTP/1.1";
  readonly maxConcurrentStreams = 1;
  private readonly callbacks: ClientCodecCallbacks;
  private readonly options: Http1ClientOptions;
  private readonly parser: Http1Parser;
  private readonly format: HeadFormat;
  protected stream: ResponseStream | undefined = undefined;
  private upgrade = false;
  private tunnel = false;
  private requestComplete = false;
  private responseComplete = false;
  private keepAlive = true;
  private responseStarted = false;
  private pauses = 0;
  private watermarks: WatermarkCallbacks | undefined = undefined;

  constructor(connection: SocketConnection, callbacks: ClientCodecCallbacks, options: Http1ClientOptions) {
    super(connection, options);
    this.callbacks = callbacks;
    this.options = options;
    this.parser = new Http1Parser(false, this, options);
    this.format = { spelling: this.spelling, fullyQualifiedUrl: options.fullyQualifiedUrl };
  }

  get activeStreams(): number {
    return this.stream === undefined ? 0 : 1;
  }

  newStream(response: ResponseStream): RequestEncoder {
    this.stream = response;
    this.requestComplete = false;
    this.responseComplete = false;
    this.responseStarted = false;
    this.keepAlive = true;
    this.tunnel = false;
    return this;
  }

  reset(): void {
    if (this.stream === undefined) return;
    this.abandon();
    this.callbacks.onStreamClosed(false, false);
  }

  endsConnection(): void {
    this.tunnel = true;
    this.connection.enableHalfClose();
  }

  override readDisable(disable: boolean): void {
    this.pauses += disable ? 1 : -1;
    super.readDisable(disable);
  }

  override addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.watermarks = callbacks;
    super.addWatermarkCallbacks(callbacks);
  }

  override removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    if (this.watermarks === callbacks) this.watermarks = undefined;
    super.removeWatermarkCallbacks(callbacks);
  }

  /** The connection's: it carries one exchange. */
  get bufferedBytes(): number {
    return this.connection.bufferedBytes;
  }

  // ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  encodeHeaders(headers: Headers, endStream: boolean): void {
    const method = headers.get(":method");
    this.upgrade = headers.get("upgrade") !== undefined;
    this.parser.head.responseToHead = method === "HEAD";
    this.parser.head.responseToConnect = method === "CONNECT";
    this.writeHead(requestHead(headers, endStream, this.upgrade, this.format), endStream);
  }

  protected endMessage(): void {
    this.requestComplete = true;
    if (this.tunnel) {
      this.connection.close("flush", "tunnel ended");
      return;
    }
    if (this.upgrade || this.parser.head.responseToConnect) {
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
    const { meter } = this.stream;
    if (meter !== undefined) meter.wireBytesReceived += chunk.length;
    accountForRead();
    this.parser.execute(chunk);
    if (this.parser.hasPendingInput) keepRead();
  }

  onConnectionClosed(reason: StreamResetReason, transportFailure: string, byPeer = false): boolean {
    const { stream } = this;
    if (stream === undefined) return false;
    this.keepAlive = false;
    // As Envoy: an upgrade whose upstream leaves is cut short, unless half-closes are agreed on for it.
    const upgraded = this.parser.framing === Framing.Tunnel && !this.tunnel;
    if (!upgraded && this.parser.finish()) return false;
    if (byPeer && this.parser.inMessage && this.parser.framing !== Framing.Tunnel) {
      this.onParseError(Http1Errors.cutShort);
      return true;
    }
    this.abandon();
    stream.onReset(reason, transportFailure);
    this.callbacks.onStreamClosed(false, false);
    return true;
  }

  onHead(headers: Headers): void {
    const { parser, stream } = this;
    this.responseStarted = true;
    const meter = stream?.meter;
    if (meter !== undefined) {
      meter.headerBytesReceived += parser.takeFieldBytes();
      // As Envoy's: with each head all that came before it, of earlier tries as well, counts again.
      meter.decompressedHeaderBytesReceived += meter.headerBytesReceived;
    }
    const { status } = parser.head;
    if (status < 200 && status !== 101) {
      if (status === 100 || status === 103 || status === 102) stream?.decode1xxHeaders(headers);
      return;
    }
    if (status === 101 && !this.upgrade) {
      this.onParseError(Http1Errors.statusLine);
      return;
    }
    if (saysClose(headers, parser.head.version)) {
      this.keepAlive = false;
      this.callbacks.onGoAway(false);
    }
    if (parser.framing === Framing.UntilClose || parser.framing === Framing.Tunnel) this.keepAlive = false;
    const endStream = parser.framing === Framing.None;
    if (endStream) this.responseComplete = true;
    stream?.decodeHeaders(headers, endStream);
  }

  onBody(chunk: Buffer, endStream: boolean): void {
    if (endStream) this.responseComplete = true;
    lend(chunk);
    this.stream?.decodeData(chunk, endStream);
  }

  onTrailers(trailers: Headers): void {
    this.responseComplete = true;
    const { stream } = this;
    if (stream === undefined) return;
    if (this.options.trailers) {
      if (stream.meter !== undefined) stream.meter.headerBytesReceived += this.parser.takeFieldBytes();
      stream.decodeTrailers(trailers);
    } else stream.decodeData(EMPTY, true);
  }

  onMessageComplete(): void {
    if (!this.responseComplete) return; // 1xx
    if (this.requestComplete) this.finishExchange();
    else if (this.stream !== undefined) this.parser.pause();
  }

  onParseError(error: Http1Error): void {
    const { stream } = this;
    this.abandon();
    stream?.onReset("protocol error", "");
    // First: the connection goes with the stream on it, and is counted so.
    if (stream !== undefined) this.callbacks.onStreamClosed(false, false);
    this.callbacks.onProtocolError(error);
  }

  /** Nobody is interested any more; the connection cannot be used again. */
  private abandon(): void {
    this.endStream();
    this.parser.stop();
  }

  private endStream(): void {
    this.stream = undefined;
    const { connection, watermarks } = this;
    if (watermarks !== undefined) {
      this.watermarks = undefined;
      connection.removeWatermarkCallbacks(watermarks);
    }
    for (; this.pauses > 0; this.pauses--) connection.readDisable(false);
  }

  private finishExchange(): void {
    if (this.stream === undefined) return;
    this.endStream();
    this.parser.resume();
    // Bytes behind the answer belong to no request.
    const clean = !this.parser.hasPendingInput && !this.parser.inMessage;
    this.callbacks.onStreamClosed(this.keepAlive && clean, true);
    if (!clean) this.callbacks.onProtocolError(Http1Errors.unexpectedData);
  }
}

const EMPTY = Buffer.alloc(0);

/** RFC 9112 §9.3. */
function saysClose(headers: Headers, version: number): boolean {
  const connection = headers.getAll("connection");
  if (connection === undefined) return version === 10;
  return hasToken(connection, "close") || (version === 10 && !hasToken(connection, "keep-alive"));
}
