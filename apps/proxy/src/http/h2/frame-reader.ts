import { CLIENT_PREFACE, FRAME_HEAD_BYTES, FrameFlag, FrameType } from "./frames.ts";

/** Who takes the frames. A frame's head is in the reader's fields. */
export interface FrameSink {
  onBadPreface(): void;
  /** False: the connection failed; nothing more is read. */
  onFrameHead(): boolean;
  /** A part of a DATA frame's payload; `last`: nothing of the frame follows. */
  onDataPart(part: Buffer, last: boolean): void;
  /** A DATA frame whose padding is longer than its payload. */
  onBadPadding(): void;
  /** Any other frame, whole: its payload is `octets[start, end)`, borrowed for the call. */
  onFrame(octets: Buffer, start: number, end: number): void;
}

const State = { Preface: 0, Head: 1, PadLength: 2, Data: 3, Padding: 4, Payload: 5 } as const;
type State = (typeof State)[keyof typeof State];

const PREFACE = Buffer.from(CLIENT_PREFACE, "latin1");

/** Cuts a connection's bytes into frames (RFC 9113 §4.1), however they arrive. Bodies pass as they come, uncopied. */
export class FrameReader {
  length = 0;
  type = 0;
  flags = 0;
  streamId = 0;
  private readonly sink: FrameSink;
  private state: State;
  private stopped = false;
  private matched = 0;
  private readonly head = Buffer.alloc(FRAME_HEAD_BYTES);
  private filled = 0;
  private remaining = 0;
  private padding = 0;
  private payload: Buffer = EMPTY;

  constructor(sink: FrameSink, expectsPreface: boolean) {
    this.sink = sink;
    this.state = expectsPreface ? State.Preface : State.Head;
  }

  stop(): void {
    this.stopped = true;
  }

  execute(chunk: Buffer): undefined {
    let at = 0;
    const end = chunk.length;
    while (at < end && !this.stopped) {
      switch (this.state) {
        case State.Preface: {
          const size = Math.min(PREFACE.length - this.matched, end - at);
          if (PREFACE.compare(chunk, at, at + size, this.matched, this.matched + size) !== 0) {
            this.sink.onBadPreface();
            return;
          }
          at += size;
          this.matched += size;
          if (this.matched === PREFACE.length) this.state = State.Head;
          break;
        }
        case State.Head: {
          if (this.filled === 0 && end - at >= FRAME_HEAD_BYTES) {
            this.readHead(chunk, at);
            at += FRAME_HEAD_BYTES;
          } else {
            const size = Math.min(FRAME_HEAD_BYTES - this.filled, end - at);
            chunk.copy(this.head, this.filled, at, at + size);
            this.filled += size;
            at += size;
            if (this.filled < FRAME_HEAD_BYTES) return;
            this.filled = 0;
            this.readHead(this.head, 0);
          }
          if (!this.sink.onFrameHead()) return;
          at = this.beginPayload(chunk, at, end);
          break;
        }
        case State.PadLength:
          this.padding = chunk[at++] ?? 0;
          this.remaining--;
          if (this.padding > this.remaining) {
            this.sink.onBadPadding();
            return;
          }
          this.remaining -= this.padding;
          this.beginData();
          break;
        case State.Data: {
          const size = Math.min(this.remaining, end - at);
          this.remaining -= size;
          const last = this.remaining === 0;
          const part = chunk.subarray(at, at + size);
          at += size;
          if (last) this.state = this.padding > 0 ? State.Padding : State.Head;
          this.sink.onDataPart(part, last);
          break;
        }
        case State.Padding: {
          const size = Math.min(this.padding, end - at);
          this.padding -= size;
          at += size;
          if (this.padding === 0) this.state = State.Head;
          break;
        }
        case State.Payload: {
          const size = Math.min(this.length - this.filled, end - at);
          chunk.copy(this.payload, this.filled, at, at + size);
          this.filled += size;
          at += size;
          if (this.filled < this.length) return;
          const { payload } = this;
          this.filled = 0;
          this.payload = EMPTY;
          this.state = State.Head;
          this.sink.onFrame(payload, 0, payload.length);
          break;
        }
      }
    }
  }

  private readHead(octets: Buffer, at: number): void {
    this.length = ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0);
    this.type = octets[at + 3] ?? 0;
    this.flags = octets[at + 4] ?? 0;
    this.streamId =
      (((octets[at + 5] ?? 0) & 0x7f) << 24) |
      ((octets[at + 6] ?? 0) << 16) |
      ((octets[at + 7] ?? 0) << 8) |
      (octets[at + 8] ?? 0);
  }

  /** Answers where the input goes on. */
  private beginPayload(chunk: Buffer, at: number, end: number): number {
    const { length } = this;
    if (this.type === FrameType.Data) {
      this.remaining = length;
      this.padding = 0;
      if ((this.flags & FrameFlag.Padded) === 0) this.beginData();
      else if (length === 0) this.sink.onBadPadding();
      else this.state = State.PadLength;
      return at;
    }
    if (end - at >= length) {
      this.sink.onFrame(chunk, at, at + length);
      return at + length;
    }
    this.payload = Buffer.allocUnsafe(length);
    chunk.copy(this.payload, 0, at, end);
    this.filled = end - at;
    this.state = State.Payload;
    return end;
  }

  private beginData(): void {
    if (this.remaining > 0) {
      this.state = State.Data;
      return;
    }
    this.state = this.padding > 0 ? State.Padding : State.Head;
    this.sink.onDataPart(EMPTY, true);
  }
}

const EMPTY = Buffer.alloc(0);
