import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { ByteMeter } from "../../stream-info/byte-meter.ts";
import type { Headers } from "../header-map.ts";
import type { HeaderCase } from "./header-case.ts";
import { type HeaderSpelling, writtenCase } from "./header-spelling.ts";
import { type HeadText, LAST_CHUNK, NO_TRAILERS, trailerSection } from "./serialize-head.ts";

/** What either side is configured with for what it writes. */
interface MessageOptions {
  /** `enable_trailers`; otherwise there are none. */
  readonly trailers: boolean;
  /** `header_key_format`. */
  readonly spelling: HeaderSpelling;
}

/**
 * Writes the messages of one end of an HTTP/1.1 connection, one behind the other (RFC 9112): what is behind the head, and how
 * much of all was written, for the meter of whoever has the connection's exchange. Heads differ by side.
 */
export abstract class Http1MessageWriter {
  protected readonly connection: SocketConnection;
  protected readonly spelling: HeaderCase | undefined;
  private readonly trailers: boolean;
  /** Of the message at hand. */
  private chunked = false;

  constructor(connection: SocketConnection, options: MessageOptions) {
    this.connection = connection;
    this.spelling = writtenCase(options.spelling);
    this.trailers = options.trailers;
  }

  /** Who has the exchange; its meter is told all that is written. */
  protected abstract readonly stream: { readonly meter: ByteMeter | undefined } | undefined;
  /** The message has been written whole. */
  protected abstract endMessage(): void;

  /** A message begins. */
  protected writeHead(head: HeadText, endStream: boolean): void {
    this.chunked = head.chunked;
    this.writeFields(head);
    if (endStream) this.endMessage();
  }

  /** Lines that neither begin a message nor end it. */
  protected writeFields({ text, fieldBytes }: HeadText): void {
    const meter = this.stream?.meter;
    if (meter !== undefined) {
      meter.wireBytesSent += text.length;
      meter.headerBytesSent += fieldBytes;
      meter.decompressedHeaderBytesSent += fieldBytes;
    }
    this.connection.write(text, false);
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (!this.chunked) {
      if (chunk.length > 0) this.write(chunk);
    } else if (chunk.length > 0) {
      this.write(`${chunk.length.toString(16)}\r\n`);
      this.write(chunk);
      this.write(endStream ? "\r\n0\r\n\r\n" : "\r\n");
    } else if (endStream) this.write(LAST_CHUNK);
    if (endStream) this.endMessage();
  }

  encodeTrailers(trailers: Headers): void {
    if (this.chunked) this.writeFields(this.trailers ? trailerSection(trailers, this.spelling) : NO_TRAILERS);
    this.endMessage();
  }

  private write(data: Uint8Array | string): void {
    const meter = this.stream?.meter;
    if (meter !== undefined) meter.wireBytesSent += data.length;
    this.connection.write(data, false);
  }

  // ── the connection as what the message goes into ────────────────────────────────────────────────────────────────────

  readDisable(disable: boolean): void {
    this.connection.readDisable(disable);
  }

  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.connection.addWatermarkCallbacks(callbacks);
  }

  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.connection.removeWatermarkCallbacks(callbacks);
  }
}
