import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { ByteMeter } from "../../stream-info/byte-meter.ts";
import type { MessageDecoder } from "../codec.ts";
import type { Headers } from "../header-map.ts";
import { WINDOW_BYTES_MAX } from "./frames.ts";
import type { Http2Connection } from "./http2-connection.ts";

/**
 * One stream of an HTTP/2 connection: its state, its windows, what waits to be sent until they open, and what has arrived
 * while its reader paused. The connection's role (server, client) adds what its messages mean.
 */
export abstract class Http2Stream {
  id: number;
  /** What the peer lets this side send; the connection's own window applies as well. */
  sendWindow: number;
  /** What the peer may still send. */
  recvWindow: number;
  /** The peer ended its message, or this side its own; a stream with both is over. */
  remoteEnded = false;
  localEnded = false;
  /** This side's last frame is out: nothing waits any more. */
  localSent = false;
  /** Over, however it ended; no callback follows. */
  closed = false;
  /** `content-length` of the message that arrives; -1 for none. */
  expectedBytes = -1;
  receivedBytes = 0;
  /** In the connection's list of streams that wait for a window. */
  queued = false;

  protected readonly session: Http2Connection;
  /** Most streams never need these: they share an empty one. */
  private pending: Uint8Array[] = NONE;
  private pendingAt = 0;
  pendingBytes = 0;
  private pendingTrailers: Headers | undefined = undefined;
  private watermarks: readonly WatermarkCallbacks[] = NO_CALLBACKS;
  private above: boolean;
  private readPauses = 0;
  private held: Uint8Array[] = NONE;
  private heldBytes = 0;
  private heldEnd = false;
  private heldTrailers: Headers | undefined = undefined;
  /** Read, but the peer has not got the room back yet. */
  private consumed = 0;

  constructor(session: Http2Connection, id: number) {
    this.session = session;
    this.id = id;
    this.sendWindow = session.sender.peerStreamWindow;
    this.recvWindow = session.options.streamWindowBytes;
    this.above = session.connection.aboveHighWatermark;
  }

  /** Who takes the message that arrives; `undefined` once nobody cares. */
  protected abstract readonly decoder: MessageDecoder | undefined;
  /** Of whom the stream belongs to. */
  abstract readonly meter: ByteMeter | undefined;
  /** The stream ended before its time. Once, last. */
  abstract onReset(code: number, byPeer: boolean, details: string): void;
  /** Both messages are through. Once, last. */
  abstract onComplete(): void;

  /** What waits for a window, and what for its reader. */
  get bufferedBytes(): number {
    return this.pendingBytes + this.heldBytes;
  }

  // ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.closed || this.localEnded) return;
    if (endStream) this.localEnded = true;
    // As Envoy, through whose buffer all of it goes: the gauge is used from now on.
    this.session.stats.pendingSendBytes.sub(0);
    if (this.pendingBytes > 0) this.enqueue(chunk);
    else {
      const sent = this.session.sender.data(this, chunk, endStream);
      if (sent < chunk.length) this.enqueue(sent === 0 ? chunk : chunk.subarray(sent));
      else if (endStream) this.finishSending();
    }
    this.updateWatermark();
  }

  encodeTrailers(trailers: Headers): void {
    if (this.closed || this.localEnded) return;
    this.localEnded = true;
    if (this.pendingBytes > 0) this.pendingTrailers = trailers;
    else this.sendTrailers(trailers);
  }

  private sendTrailers(trailers: Headers): void {
    // Trailers without fields are the end and no more.
    if (trailers.fields.length === 0) this.session.sender.data(this, EMPTY, true);
    else this.session.sender.headers(this, trailers.fields, true);
    this.finishSending();
  }

  private enqueue(chunk: Uint8Array): void {
    if (this.pending === NONE) this.pending = [chunk];
    else this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    this.session.stats.pendingSendBytes.add(chunk.length);
    this.session.sender.waitForWindow(this);
  }

  /** A window has opened: sends one frame's worth, so that streams take turns. True while something still could be sent. */
  sendPending(): boolean {
    const [chunk] = this.pending;
    if (this.closed || chunk === undefined) return false;
    const part = this.pendingAt === 0 ? chunk : chunk.subarray(this.pendingAt);
    const { peerFrameBytes } = this.session.sender;
    const piece = part.length > peerFrameBytes ? part.subarray(0, peerFrameBytes) : part;
    const ends = this.localEnded && this.pendingTrailers === undefined && piece.length === this.pendingBytes;
    const sent = this.session.sender.data(this, piece, ends);
    if (sent === 0) return false;
    this.pendingBytes -= sent;
    this.session.stats.pendingSendBytes.sub(sent);
    this.pendingAt += sent;
    if (this.pendingAt === chunk.length) {
      this.pending.shift();
      this.pendingAt = 0;
    }
    if (this.pendingBytes === 0) {
      if (this.pendingTrailers !== undefined) this.sendTrailers(this.pendingTrailers);
      else if (this.localEnded) this.finishSending();
    }
    this.updateWatermark();
    return this.pendingBytes > 0 && sent === piece.length;
  }

  /** This side's last frame has been handed over. */
  protected finishSending(): void {
    this.localSent = true;
    if (this.remoteEnded && !this.holdsInput) this.session.closeStream(this);
  }

  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.watermarks = [...this.watermarks, callbacks];
  }

  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    this.watermarks = this.watermarks.filter((one) => one !== callbacks);
  }

  get aboveHighWatermark(): boolean {
    return this.above;
  }

  /** After anything that fills or empties the stream's queue or the connection's buffer. */
  updateWatermark(): void {
    const { session } = this;
    const limit = session.options.streamWindowBytes;
    const above =
      session.connection.aboveHighWatermark ||
      this.pendingBytes > limit ||
      (this.above && this.pendingBytes > limit / 2);
    if (above === this.above || this.closed) return;
    this.above = above;
    for (const one of this.watermarks) {
      if (above) one.onAboveHighWatermark();
      else one.onBelowLowWatermark();
    }
  }

  /** False: the peer's new setting makes the window too large (RFC 9113 §6.9.2). */
  growSendWindow(bytes: number): boolean {
    this.sendWindow += bytes;
    return this.sendWindow <= WINDOW_BYTES_MAX;
  }

  // ── receiving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  readDisable(disable: boolean): void {
    if (disable) this.readPauses++;
    else if (this.readPauses > 0 && --this.readPauses === 0) this.releaseHeld();
  }

  private get holdsInput(): boolean {
    return this.heldBytes > 0 || this.heldEnd || this.heldTrailers !== undefined;
  }

  receiveData(part: Uint8Array, endStream: boolean): void {
    if (endStream) this.remoteEnded = true;
    if (this.readPauses > 0 || this.holdsInput) {
      if (part.length > 0) {
        if (this.held === NONE) this.held = [part];
        else this.held.push(part);
      }
      this.heldBytes += part.length;
      if (endStream) this.heldEnd = true;
      return;
    }
    this.consume(part.length);
    this.decoder?.decodeData(part, endStream);
    if (endStream) this.finishReceiving();
  }

  receiveTrailers(trailers: Headers): void {
    this.remoteEnded = true;
    if (this.readPauses > 0 || this.holdsInput) {
      this.heldTrailers = trailers;
      return;
    }
    this.decoder?.decodeTrailers(trailers);
    this.finishReceiving();
  }

  /** The message that arrived has been passed on whole. */
  protected finishReceiving(): void {
    if (this.localSent && !this.closed) this.session.closeStream(this);
  }

  private releaseHeld(): undefined {
    while (this.readPauses === 0 && !this.closed) {
      const part = this.held.shift();
      if (part === undefined) break;
      this.heldBytes -= part.length;
      this.consume(part.length);
      const ends = this.heldEnd && this.heldBytes === 0;
      if (ends) this.heldEnd = false;
      this.decoder?.decodeData(part, ends);
      if (!ends) continue;
      this.finishReceiving();
      return;
    }
    if (this.readPauses > 0 || this.closed) return;
    if (this.heldEnd) {
      this.heldEnd = false;
      this.decoder?.decodeData(EMPTY, true);
      this.finishReceiving();
    } else if (this.heldTrailers !== undefined) {
      const trailers = this.heldTrailers;
      this.heldTrailers = undefined;
      this.decoder?.decodeTrailers(trailers);
      this.finishReceiving();
    }
  }

  /** Gives the peer room for what has been read, half a window at a time. */
  consume(bytes: number): void {
    if (bytes === 0) return;
    this.session.consume(bytes);
    if (this.remoteEnded || this.closed) return;
    this.consumed += bytes;
    if (this.consumed < this.session.options.streamWindowBytes / 2) return;
    this.recvWindow += this.consumed;
    this.session.sender.windowUpdate(this.id, this.consumed);
    this.consumed = 0;
  }

  /** The end of the stream: what it holds is let go, the connection gets its room back. */
  release(): void {
    this.closed = true;
    if (this.pendingBytes > 0) this.session.stats.pendingSendBytes.sub(this.pendingBytes);
    this.pending = NONE;
    this.pendingBytes = 0;
    this.pendingTrailers = undefined;
    this.watermarks = NO_CALLBACKS;
    this.held = NONE;
    if (this.heldBytes > 0) this.session.consume(this.heldBytes);
    this.heldBytes = 0;
    this.heldEnd = false;
    this.heldTrailers = undefined;
  }
}

const EMPTY = Buffer.alloc(0);
const NONE: Uint8Array[] = [];
const NO_CALLBACKS: readonly WatermarkCallbacks[] = [];
