import { accountForRead, keepRead } from "../../connection/read-memory.ts";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import { enterTurn, leaveTurn } from "../../event/turn.ts";
import type { HeadTimeout, RequestStream, ServerCodec, ServerCodecCallbacks } from "../codec.ts";
import type { Headers } from "../header-map.ts";
import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { Http1Parser, type Http1ParserSink } from "./http1-parser.ts";
import type { Http1ServerOptions } from "./http1-server-options.ts";
import { Http1ResponseEncoder } from "./response-encoder.ts";

/**
 * Whose turn it is on a server's HTTP/1.1 connection: one exchange at a time, and what a client has pipelined behind a request waits,
 * unparsed, until that is answered. It begins each exchange and knows when it is over, and how it ends with the connection; what
 * the requests say is read by the class below.
 */
export abstract class Http1ExchangeQueue
  extends Http1ResponseEncoder
  implements ServerCodec, Http1ParserSink
{
  readonly multiplexed = false;
  protected readonly callbacks: ServerCodecCallbacks;
  protected readonly parser: Http1Parser;
  private responseComplete = false;
  private waitingReadPaused = false;
  private dispatching = false;
  /** Of the message that no stream has begun for. */
  private bytesBeforeStream = 0;

  constructor(connection: SocketConnection, callbacks: ServerCodecCallbacks, options: Http1ServerOptions) {
    super(connection, options);
    this.callbacks = callbacks;
    this.parser = new Http1Parser(true, this, options);
    this.parser.head.acceptHttp10 = options.acceptHttp10;
    this.parser.head.anyMethod = options.anyMethod;
  }

  abstract onHead(headers: Headers): void;
  abstract onBody(chunk: Buffer, endStream: boolean): void;
  abstract onTrailers(trailers: Headers): void;
  abstract onParseError(error: Http1Error): void;

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

  // ── from one exchange to the next ───────────────────────────────────────────────────────────────────────────────────

  protected startStream(): RequestStream {
    this.responseStarted = false;
    this.responseComplete = false;
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

  /** The request has been read whole. */
  protected completeRequest(): void {
    this.requestComplete = true;
    this.parser.pause();
    if (this.responseComplete) this.finishExchange();
  }

  onMessageComplete(): void {
    // `completeRequest` has run with the event before.
  }

  protected endMessage(): void {
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

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    return !this.dispatching && this.isLast(complete);
  }

  notifyShutdown(): void {
    this.reusable = false;
  }

  goAway(): void {
    this.reusable = false;
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
}
