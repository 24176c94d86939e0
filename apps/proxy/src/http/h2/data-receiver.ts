import { Ended } from "./closed-streams.ts";
import type { FrameLimits } from "./frame-limits.ts";
import { FRAME_HEAD_BYTES, FrameFlag, Http2ErrorCode } from "./frames.ts";
import {
  floodError,
  flowControlError,
  type Http2Error,
  protocolError,
  streamClosedError,
} from "./http2-error.ts";
import type { Http2Stream } from "./http2-stream.ts";

/** The connection whose DATA frames are received. */
export interface DataSession {
  readonly failed: boolean;
  stream(streamId: number): Http2Stream | undefined;
  /** A stream with this number has never been opened by either side. */
  isIdle(streamId: number): boolean;
  /** How a stream that is open no more has ended. */
  endOf(streamId: number): Ended;
  /** Ends the connection; always false. */
  fail(error: Http2Error): false;
  failStream(streamId: number, code: number, details: string): void;
  sendWindowUpdate(streamId: number, bytes: number): void;
}

/** What the peer sends in DATA frames: the connection's window (RFC 9113 §5.2), padding, and which stream a part is for. */
export class DataReceiver {
  private readonly session: DataSession;
  private readonly limits: FrameLimits;
  private readonly windowBytes: number;
  private window: number;
  /** Read, but the peer has not got the room back yet. */
  private consumed = 0;
  // The frame at hand:
  private stream: Http2Stream | undefined = undefined;
  private endStream = false;
  private padded = false;
  /** Where it is padded: octets that have not been passed on; at its end, those that were padding. */
  private paddedBytes = 0;

  constructor(session: DataSession, limits: FrameLimits, windowBytes: number) {
    this.session = session;
    this.limits = limits;
    this.windowBytes = windowBytes;
    this.window = windowBytes;
  }

  /** A frame's head is here; false: the connection failed. */
  onHead(streamId: number, length: number, flags: number): boolean {
    const { session } = this;
    this.stream = undefined;
    this.endStream = (flags & FrameFlag.EndStream) !== 0;
    this.padded = (flags & FrameFlag.Padded) !== 0;
    if (streamId === 0) return session.fail(protocolError("DATA on stream 0"));
    // Padding and what nobody will read count too (RFC 9113 §6.9.1).
    this.window -= length;
    if (this.window < 0) {
      return session.fail(flowControlError("more DATA than the connection's window"));
    }
    const stream = session.stream(streamId);
    if (stream === undefined) {
      this.consume(length);
      if (session.isIdle(streamId)) return session.fail(protocolError("DATA on an idle stream"));
      const ended = session.endOf(streamId);
      if (ended === Ended.Properly || ended === Ended.ResetByPeer) {
        return session.fail(streamClosedError("DATA on a closed stream"));
      }
      return true;
    }
    if (stream.remoteEnded) {
      return session.fail(streamClosedError("DATA behind the end of the message"));
    }
    stream.recvWindow -= length;
    const { meter } = stream;
    if (meter !== undefined) meter.wireBytesReceived += FRAME_HEAD_BYTES + length;
    if (stream.recvWindow < 0) {
      this.consume(length);
      session.failStream(streamId, Http2ErrorCode.FlowControlError, "http2.flow_control");
      return true;
    }
    this.paddedBytes = this.padded ? length : 0;
    this.stream = stream;
    return true;
  }

  /** A part of the frame's payload; `last`: nothing of the frame follows. */
  onPart(part: Buffer, last: boolean): undefined {
    const { stream } = this;
    if (this.padded) {
      const flood = this.limits.onPaddedData(part.length === 0 && !this.endStream);
      if (flood !== "") {
        this.session.fail(floodError(flood));
        return;
      }
    }
    if (stream === undefined) return;
    if (this.paddedBytes > 0) {
      this.paddedBytes -= part.length;
      if (last) {
        stream.consume(this.paddedBytes);
        this.paddedBytes = 0;
      }
    }
    if (stream.closed) {
      this.consume(part.length);
      return;
    }
    stream.receivedBytes += part.length;
    const endStream = last && this.endStream;
    if (
      stream.expectedBytes >= 0 &&
      (endStream
        ? stream.receivedBytes !== stream.expectedBytes
        : stream.receivedBytes > stream.expectedBytes)
    ) {
      // As Envoy's: this one does not cost the connection.
      this.consume(part.length);
      this.session.failStream(stream.id, Http2ErrorCode.ProtocolError, "http2.remote_reset");
      return;
    }
    if (part.length > 0 || endStream) stream.receiveData(part, endStream);
  }

  /** Read, by whatever stream: gives the peer room, half a window at a time. */
  consume(bytes: number): void {
    this.consumed += bytes;
    if (this.consumed < this.windowBytes / 2 || this.session.failed) return;
    this.window += this.consumed;
    this.session.sendWindowUpdate(0, this.consumed);
    this.consumed = 0;
  }
}
