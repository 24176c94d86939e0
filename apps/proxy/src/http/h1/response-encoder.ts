import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { RequestStream, ResponseEncoder, StreamResetReason } from "../codec.ts";
import type { Headers } from "../header-map.ts";
import type { Http1ServerOptions } from "./http1-server-options.ts";
import { Http1MessageWriter } from "./message-writer.ts";
import { informationalHead, responseHead } from "./serialize-head.ts";

/**
 * How a server's end of an HTTP/1.1 connection answers the request at hand (RFC 9112), and whether another request may follow.
 * Of the request it knows what decides that; whose turn it is, and what becomes of the connection, is told by whoever reads the
 * requests. The codec is one, so that a request allocates none.
 */
export abstract class Http1ResponseEncoder extends Http1MessageWriter implements ResponseEncoder {
  /** The connection may carry another message. */
  reusable = true;
  /** The request asked for the connection's end, or was no good. */
  private lastByRequest = false;
  /** The connection's end is the answer's (HTTP/1.0). */
  private endsAnswer = false;
  protected readonly options: Http1ServerOptions;
  /** The one that is answered. */
  protected stream: RequestStream | undefined = undefined;
  protected requestIsHttp10 = false;
  protected requestComplete = false;
  protected toHead = false;
  protected upgradeRequested = false;
  protected connectRequested = false;
  protected responseStarted = false;

  constructor(connection: SocketConnection, options: Http1ServerOptions) {
    super(connection, options);
    this.options = options;
  }

  /** No callback follows. */
  abstract stop(): void;

  get protocol(): "HTTP/1.0" | "HTTP/1.1" {
    return this.requestIsHttp10 ? "HTTP/1.0" : "HTTP/1.1";
  }

  encode1xxHeaders(headers: Headers): void {
    this.writeFields(informationalHead(headers, Number(headers.get(":status") ?? "100"), this.spelling));
  }

  encodeHeaders(headers: Headers, endStream: boolean): void {
    const status = Number(headers.get(":status") ?? "200");
    this.responseStarted = true;
    const tunnel =
      (this.upgradeRequested && status === 101) || (this.connectRequested && status >= 200 && status < 300);
    const upgraded =
      (this.upgradeRequested && headers.has("upgrade")) || (this.connectRequested && status === 200);
    if (!tunnel || !upgraded) this.settleReuse(headers, upgraded);
    const { toHead, requestIsHttp10: http10, spelling } = this;
    this.writeHead(responseHead(headers, status, endStream, { toHead, tunnel, http10, spelling }), endStream);
  }

  override encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (!this.toHead) super.encodeData(chunk, endStream);
    else if (endStream) this.endMessage();
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

  get aboveHighWatermark(): boolean {
    return this.connection.aboveHighWatermark;
  }
}
