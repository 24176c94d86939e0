import type { Socket } from "node:net";
import type {
  Connection,
  Counter,
  DetectedCloseType,
  Gauge,
  Timers,
  TlsInfo,
  WatermarkCallbacks,
} from "@sluice/extension-api";
import type { TimerQueue } from "../event/timer-queue.ts";
import {
  currentTurn,
  enterTurn,
  type Flushable,
  flushAtTurnEnd,
  leaveTurn,
  leaveTurnAndFlush,
} from "../event/turn.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import { asBuffer } from "./as-buffer.ts";
import { BufferGauges } from "./buffer-gauges.ts";
import { noteRead } from "./collect-reads.ts";
import type { Tlv } from "./proxy-protocol-state.ts";
import { proxyTlvsOf } from "./proxy-protocol-state.ts";
import { readDirectly } from "./read-directly.ts";
import { giveBack, type ReadMemory, type ReadReceiver } from "./read-memory.ts";
import { resetSocket } from "./reset-socket.ts";
import { socketAddressText } from "./socket-address.ts";
import { WatermarkTimeout } from "./watermark-timeout.ts";

/** Who reads a connection. Never called after `onClose`. */
export interface ConnectionSink {
  /** `endStream`: the peer half-closed behind these (perhaps no) bytes. */
  onData(chunk: Buffer, endStream: boolean): void;
  /** Once, last. `error`: the socket's, when there was one. */
  onClose(by: "local" | "remote", error: NodeJS.ErrnoException | undefined): void;
}

/** What is known of a socket's addresses before it becomes a connection, each as `ip:port`. */
export interface SocketAddresses {
  readonly directRemoteAddress: string;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly directLocalAddress: string;
}

/** Stands between the writer and the socket. */
export interface WriteHook {
  /** True: the bytes go on as they are. False: the hook has taken them. */
  onWrite(chunk: Uint8Array | string, endStream: boolean): boolean;
}

/** Who counts what the peer has not taken yet. */
export interface DrainCallbacks {
  /** Everything that was written is the kernel's. */
  onDrained(): void;
}

/** Envoy's words for connections that outlast the drain time of their listener or their filter chain. */
export const LISTENER_REMOVED = "purging_socket_that_have_not_progressed_to_connections";
export const CHAIN_REMOVED = "filter_chain_is_being_removed";

let nextConnectionId = 1;
/** Bytes up to which a chunk joins the text of the turn's single write; larger ones are written as they are. */
const INLINE_CHUNK_BYTES_MAX = 4096;

/**
 * A socket as rooms see it. Output is gathered (heads and small chunks as one latin1 text) and leaves in one write at the end of the
 * event loop's poll phase (`turn.ts`), or before a close or the peer's end is acted on in a later turn; reading is paused by
 * count; watermarks tell when the peer does not keep up.
 */
export class SocketConnection implements Connection, Flushable, ReadReceiver {
  readonly id: number = nextConnectionId++;
  directRemoteAddress: string;
  remoteAddress: string;
  /** What the client connected to; listener filters may know better than the socket. */
  localAddress: string;
  /** Undefined: it is the same. */
  readonly directLocalAddress: string | undefined;
  requestedServerName: string | undefined = undefined;
  tls: TlsInfo | undefined = undefined;
  filterChainName = "";
  listenerMetadata: Readonly<Record<string, unknown>> | undefined = undefined;
  listenerDirection = 0;
  filterChainMetadata: Readonly<Record<string, unknown>> | undefined = undefined;
  /** Fingerprints of a TLS client, where a listener filter took them. */
  ja3: string | undefined = undefined;
  ja4: string | undefined = undefined;
  transportFailureReason: string | undefined = undefined;
  /** Of a TCP session, in its logs; requests have ids of their own. */
  sessionId: string | undefined = undefined;
  /** What listener and network filters know of the connection; undefined where nobody asked for it. */
  streamInfo: RequestStreamInfo | undefined = undefined;
  /** Of a connection to an upstream: what is shared with it. */
  filterState: ReadonlyMap<string, unknown> | undefined = undefined;
  state: "open" | "closing" | "closed" = "open";
  bytesReceived = 0;
  bytesSent = 0;
  begunAtMs: number | undefined = undefined;
  connectedAtMs: number | undefined = undefined;
  securedAtMs: number | undefined = undefined;
  /** Counts sent bytes as they leave. */
  sentCounter: Counter | undefined = undefined;
  /** Why this side closed it, for logs: Envoy's word, or words of our own. */
  closeDetails = "";
  private aborted = false;
  /**
   * A flushing close half-closes and reads on until the peer has closed too; its owner bounds the wait. Otherwise unread
   * input would turn the close into a reset, which may cost the peer the answer.
   */
  lingers = false;
  /** Whether the peer's half-close is only an event. */
  halfClose = false;
  writeHook: WriteHook | undefined = undefined;
  /** Told when a flush leaves nothing behind. */
  drainCallbacks: DrainCallbacks | undefined = undefined;
  private watermarkTimeout: WatermarkTimeout | undefined = undefined;
  private bufferGauges: BufferGauges | undefined = undefined;

  private readonly socket: Socket;
  private readonly limitBytes: number;
  private sink: ConnectionSink | undefined = undefined;
  private pauses = 0;
  private text = "";
  private parts: (string | Uint8Array)[] | undefined = undefined;
  private partsBytes = 0;
  private flushing = false;
  private flushingSince = 0;
  private endAfterFlush = false;
  private ended = false;
  private closeAfterFlush = false;
  private aboveHigh = false;
  /** The usual single listener has a field: an array that changes with every request makes collections keep more. */
  private watermark: WatermarkCallbacks | undefined = undefined;
  private moreWatermarks: readonly WatermarkCallbacks[] = [];
  private socketError: NodeJS.ErrnoException | undefined = undefined;
  /** Made when output has to wait, which most connections never see. */
  private onWritten: (() => void) | undefined = undefined;
  readMemory: ReadMemory | undefined = undefined;

  /** `limitBytes`: the high watermark of the output; the low one is half of it. `known`: the socket's addresses. */
  constructor(socket: Socket, limitBytes: number, known?: SocketAddresses) {
    this.socket = socket;
    this.limitBytes = limitBytes;
    this.directRemoteAddress =
      known?.directRemoteAddress ?? socketAddressText(socket.remoteAddress, socket.remotePort);
    this.remoteAddress = known?.remoteAddress ?? this.directRemoteAddress;
    this.localAddress = known?.localAddress ?? socketAddressText(socket.localAddress, socket.localPort);
    this.directLocalAddress =
      known?.directLocalAddress === this.localAddress ? undefined : known?.directLocalAddress;
    // Half-close is the owner's decision, not the stream's.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    readDirectly(socket, this);
    (socket as ConnectedSocket)[CONNECTION] = this;
    socket.on("end", onSocketEnd);
    socket.on("error", onSocketError);
    socket.on("close", onSocketClose);
  }

  get proxyTlvs(): readonly Tlv[] | undefined {
    return proxyTlvsOf(this.streamInfo);
  }

  /** For a socket that was not connected yet when this was made of it. */
  refreshAddresses(): void {
    const { socket } = this;
    this.directRemoteAddress = socketAddressText(socket.remoteAddress, socket.remotePort);
    this.remoteAddress = this.directRemoteAddress;
    this.localAddress = socketAddressText(socket.localAddress, socket.localPort);
  }

  /** Events go to `sink` from now on. */
  attach(sink: ConnectionSink): void {
    this.sink = sink;
  }

  get bufferedBytes(): number {
    return this.socket.writableLength + this.text.length + this.partsBytes;
  }

  get readDisabled(): boolean {
    return this.pauses > 0;
  }

  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    if (this.watermark === undefined) this.watermark = callbacks;
    else this.moreWatermarks = [...this.moreWatermarks, callbacks];
  }

  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void {
    if (this.watermark === callbacks) this.watermark = undefined;
    else if (this.moreWatermarks.length > 0) {
      this.moreWatermarks = this.moreWatermarks.filter((one) => one !== callbacks);
    }
  }

  /** Closes it when its output has been above the high watermark for `timeoutMs`; 0: never. */
  limitHighWatermark(timers: TimerQueue, timeoutMs: number): void {
    if (timeoutMs > 0) this.watermarkTimeout = new WatermarkTimeout(this, timers, timeoutMs);
  }

  /** Tells what it holds in these, until its end. */
  tellBuffered(received: Gauge, unsent: Gauge, timers: Timers): void {
    this.bufferGauges = new BufferGauges(this, received, unsent, timers);
  }

  enableHalfClose(): void {
    this.halfClose = true;
  }

  /** This side has half-closed, and everything before it has left. */
  get writeEnded(): boolean {
    return this.ended && this.bufferedBytes === 0;
  }

  /** Whether the peer broke the connection off with a reset; known when it is closed. */
  get wasReset(): boolean {
    return this.socketError?.code === "ECONNRESET";
  }

  get detectedCloseType(): DetectedCloseType {
    if (this.aborted) return "LocalReset";
    return this.state === "closed" && this.wasReset ? "RemoteReset" : "Normal";
  }

  get localCloseReason(): string | undefined {
    return this.closeDetails === "" || this.closeDetails.includes(" ") ? undefined : this.closeDetails;
  }

  get aboveHighWatermark(): boolean {
    return this.aboveHigh;
  }

  /** Strings are latin1. A chunk must not change afterwards. */
  write(chunk: Uint8Array | string, endStream: boolean): void {
    if (this.writeHook !== undefined && !this.writeHook.onWrite(chunk, endStream)) return;
    this.writeToSocket(chunk, endStream);
  }

  /** `write` behind the hook. */
  writeToSocket(chunk: Uint8Array | string, endStream: boolean): void {
    if (this.state !== "open" || this.ended) return;
    // Waiting for more to write is no reason to stop reading.
    if (this.flushing && this.text.length + this.partsBytes + chunk.length > this.limitBytes)
      this.flushEarlier();
    if (typeof chunk === "string") {
      this.text = this.text === "" ? chunk : this.text + chunk;
    } else if (chunk.length > 0) {
      if (chunk.length <= INLINE_CHUNK_BYTES_MAX && this.parts === undefined) {
        const text = asBuffer(chunk).toString("latin1");
        giveBack(chunk);
        this.text = this.text === "" ? text : this.text + text;
      } else {
        this.parts ??= [];
        if (this.text !== "") {
          this.parts.push(this.text);
          this.partsBytes += this.text.length;
          this.text = "";
        }
        this.parts.push(chunk);
        this.partsBytes += chunk.length;
      }
    }
    if (endStream) this.endAfterFlush = true;
    if (!this.flushing) this.flushLater();
    if (!this.aboveHigh && this.bufferedBytes > this.limitBytes) this.goAboveHigh();
  }

  private flushLater(): void {
    this.flushing = true;
    this.flushingSince = currentTurn();
    flushAtTurnEnd(this);
  }

  /** Output of an earlier turn leaves before what happens in this one; that of this turn goes with it. */
  private flushEarlier(): void {
    if (this.flushing && this.flushingSince !== currentTurn()) this.flush();
  }

  flush(): void {
    this.flushing = false;
    if (this.state === "closed") return;
    const { socket, parts, bytesSent } = this;
    if (parts === undefined) {
      const text = this.text;
      if (text !== "") {
        this.text = "";
        this.bytesSent += text.length;
        if (this.aboveHigh) socket.write(text, "latin1", this.onWritten);
        else socket.write(text, "latin1");
      }
    } else {
      if (this.text !== "") parts.push(this.text);
      this.parts = undefined;
      this.partsBytes = 0;
      this.text = "";
      const last = parts.length - 1;
      // A chunk alone, as tunnels have them, goes the short way.
      if (last > 0) socket.cork();
      for (let i = 0; i <= last; i++) {
        const part = parts[i] ?? "";
        this.bytesSent += part.length;
        const callback = i === last && this.aboveHigh ? this.onWritten : undefined;
        if (typeof part === "string") socket.write(part, "latin1", callback);
        else socket.write(part, callback);
      }
      if (last > 0) socket.uncork();
      // All of it is the kernel's.
      if (socket.writableLength === 0) for (const part of parts) if (typeof part !== "string") giveBack(part);
    }
    this.sentCounter?.add(this.bytesSent - bytesSent);
    if (socket.writableLength > 0) this.bufferGauges?.onLeftBehind();
    else this.drainCallbacks?.onDrained();
    if (this.endAfterFlush && !this.ended) {
      this.ended = true;
      socket.end();
    }
    if (this.closeAfterFlush) this.finishClose();
  }

  close(how: "flush" | "noFlush" | "abort", details: string): void {
    if (this.state === "closed") return;
    if (this.closeDetails === "") this.closeDetails = details;
    this.flushEarlier();
    if (how === "flush") {
      if (this.state !== "open") return;
      this.state = "closing";
      this.closeAfterFlush = true;
      if (!this.flushing) this.flushLater();
      return;
    }
    this.text = "";
    this.parts = undefined;
    this.partsBytes = 0;
    this.aborted = how === "abort";
    if (this.aborted) resetSocket(this.socket);
    else {
      // A TLS peer is told (close_notify) where nothing stands before that.
      if (this.tls !== undefined && !this.ended && this.socket.writableLength === 0) this.socket.end();
      this.socket.destroy();
    }
    this.handleClose();
  }

  readDisable(disable: boolean): void {
    if (disable) {
      if (this.pauses++ === 0 && this.state !== "closed") this.socket.pause();
    } else if (this.pauses > 0 && --this.pauses === 0 && this.state !== "closed") {
      this.socket.resume();
    }
  }

  /** For a socket that was handed over paused: reads, unless whoever serves it wants to wait. */
  startReading(): void {
    if (this.pauses === 0 && this.state !== "closed") this.socket.resume();
  }

  private finishClose(): void {
    const { socket } = this;
    if (this.lingers && !socket.destroyed && !socket.readableEnded) {
      socket.end();
      socket.resume();
      return;
    }
    const halfClosing = this.ended && !socket.writableFinished;
    // A TLS peer is told (close_notify), so that it can tell the end from a cut.
    const told = this.tls === undefined || this.ended;
    if ((socket.writableLength === 0 && !halfClosing && told) || socket.destroyed) {
      socket.destroy();
      this.handleClose();
      return;
    }
    // What the kernel has not taken yet goes first; the owner bounds the wait (delayed close).
    socket.end(() => socket.destroy());
  }

  private goAboveHigh(): void {
    this.aboveHigh = true;
    this.onWritten ??= () => this.checkLowWatermark();
    this.watermarkTimeout?.onAboveHighWatermark();
    this.watermark?.onAboveHighWatermark();
    for (const one of this.moreWatermarks) one.onAboveHighWatermark();
  }

  private checkLowWatermark(): void {
    if (!this.aboveHigh || this.state === "closed" || this.bufferedBytes > this.limitBytes / 2) return;
    this.aboveHigh = false;
    this.watermarkTimeout?.onBelowLowWatermark();
    enterTurn();
    this.watermark?.onBelowLowWatermark();
    for (const one of this.moreWatermarks) one.onBelowLowWatermark();
    leaveTurn();
  }

  receive(chunk: Buffer, lent: boolean): void {
    const sink = this.sink;
    // What comes while a close waits for its output is nobody's any more.
    if (sink === undefined || this.state !== "open") return;
    this.bytesReceived += chunk.length;
    this.bufferGauges?.onRead(chunk.length);
    enterTurn();
    sink.onData(chunk, false);
    if (lent) leaveTurnAndFlush();
    else leaveTurn(chunk.length);
    if (!lent) noteRead(chunk.length);
  }

  /** The socket's `end`. */
  handleEnd(): void {
    const sink = this.sink;
    if (sink === undefined || this.state === "closed") return;
    enterTurn();
    this.flushEarlier();
    sink.onData(EMPTY, true);
    leaveTurn();
  }

  /** The socket's `error`, which comes before its `close`. */
  handleError(error: NodeJS.ErrnoException): void {
    this.socketError = error;
  }

  /** The socket's `close`, or that of this side before it. */
  handleClose(): void {
    if (this.state === "closed") return;
    const by = this.closeDetails === "" ? "remote" : "local";
    this.state = "closed";
    this.readMemory?.release();
    this.watermarkTimeout?.dispose();
    this.bufferGauges?.close();
    const sink = this.sink;
    this.sink = undefined;
    this.watermark = undefined;
    this.moreWatermarks = [];
    if (sink === undefined) return;
    enterTurn();
    sink.onClose(by, this.socketError);
    leaveTurn();
  }
}

const EMPTY = Buffer.alloc(0);

/** Where a socket keeps its connection, so that all sockets share their listeners. */
const CONNECTION = Symbol("connection");

interface ConnectedSocket extends Socket {
  [CONNECTION]: SocketConnection;
}

function onSocketEnd(this: ConnectedSocket): void {
  this[CONNECTION].handleEnd();
}

function onSocketError(this: ConnectedSocket, error: NodeJS.ErrnoException): void {
  this[CONNECTION].handleError(error);
}

function onSocketClose(this: ConnectedSocket): void {
  this[CONNECTION].handleClose();
}
