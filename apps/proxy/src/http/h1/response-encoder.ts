import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { RequestStream, ResponseEncoder, StreamResetReason } from "../codec.ts";
import type { Headers } from "../header-map.ts";
import type { HeaderCase } from "./header-case.ts";
import { writtenCase } from "./header-spelling.ts";
import type { Http1ServerOptions } from "./http1-server-options.ts";
import {
  type HeadText,
  informationalHead,
  LAST_CHUNK,
  NO_TRAILERS,
  responseHead,
  trailerSection,
} from "./serialize-head.ts";

/**
 * How a server's end of an HTTP/1.1 connection answers the request at hand: heads, chunks and trailers (RFC 9112), and whether
 * another request may follow. Of the request it knows what decides that; whose turn it is, and what becomes of the connection, is
 * told by whoever reads the requests. The codec is one, so that a request allocates none.
 */
export abstract class Http1ResponseEncoder implements ResponseEncoder {
  /** The connection may carry another message. */
  reusable = true;
  /** The request asked for the connection's end, or was no good. */
  private lastByRequest = false;
  /** The connection's end is the answer's (HTTP/1.0). */
  private endsAnswer = false;
  protected readonly connection: SocketConnection;
  protected readonly options: Http1ServerOptions;
  private readonly spelling: HeaderCase | undefined;
  /** The one that is answered. */
  protected stream: RequestStream | undefined = undefined;
  protected requestIsHttp10 = false;
  protected requestComplete = false;
  protected toHead = false;
  protected upgradeRequested = false;
  protected connectRequested = false;
  protected responseStarted = false;
  private chunked = false;

  constructor(connection: SocketConnection, options: Http1ServerOptions) {
    this.connection = connection;
    this.options = options;
    this.spelling = writtenCase(options.spelling);
  }

  /** No callback follows. */
  abstract stop(): void;
  /** The response has been written whole. */
  protected abstract endResponse(): void;

  get protocol(): "HTTP/1.0" | "HTTP/1.1" {
    return this.requestIsHttp10 ? "HTTP/1.0" : "HTTP/1.1";
  }

  /** Another response is to be written. */
  protected beginResponse(): void {
    this.responseStarted = false;
    this.chunked = false;
  }

  encode1xxHeaders(headers: Headers): void {
    this.writeHead(informationalHead(headers, Number(headers.get(":status") ?? "100"), this.spelling));
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

  leaveUnread(): void {
    this.requestComplete = false;
  }

  // ── whether the connection stays ────────────────────────────────────────────────────────────────────────────────────

  refuseReuse(): void {
    if (!this.options.keepsOpenOnInvalidMessage) this.endBehindRequest();
  }

  /** The request at hand is the last one. */
  protected endBehindRequest(): void {
    this.reusable = false;
    this.lastByRequest = true;
  }

  /** Whether nothing is to come behind the answer. `complete`: its request was read whole. */
  protected isLast(complete: boolean): boolean {
    return this.endsAnswer || (complete && this.lastByRequest);
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

  // ── the connection as what the response goes into ───────────────────────────────────────────────────────────────────

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
}
