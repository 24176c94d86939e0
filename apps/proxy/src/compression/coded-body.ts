import {
  type DecoderCallbacks,
  type EncoderCallbacks,
  FilterDataStatus,
  FilterTrailersStatus,
} from "@sluice/extension-api";
import type { CodecPump, CodecPumpOwner } from "./codec-pump.ts";

/** One direction of a filter's stream: where a coded body goes on, and who waits while there is too much of it. */
export interface BodyDirection {
  inject(chunk: Uint8Array, endStream: boolean): void;
  continueTrailers(): void;
  pause(): void;
  resume(): void;
}

export function requestDirection(callbacks: DecoderCallbacks): BodyDirection {
  return {
    inject: (chunk, endStream) => callbacks.injectDecodedData(chunk, endStream),
    continueTrailers: () => callbacks.continueDecoding(),
    pause: () => callbacks.pauseRequest(),
    resume: () => callbacks.resumeRequest(),
  };
}

export function responseDirection(callbacks: EncoderCallbacks): BodyDirection {
  return {
    inject: (chunk, endStream) => callbacks.injectEncodedData(chunk, endStream),
    continueTrailers: () => callbacks.continueEncoding(),
    pause: () => callbacks.pauseResponse(),
    resume: () => callbacks.resumeResponse(),
  };
}

/** What a body's bytes are counted by. */
export interface CodedBytes {
  onInput(bytes: number): void;
  onOutput(bytes: number): void;
  /** The code of a failure, see `CodecPumpOwner`. */
  onFailure?(code: string): void;
}

/** What waits for its turn in a codec at most before the source is told to wait; the rest of what it had in hand comes still. */
const PENDING_BYTES_MAX = 64 * 1024;

/** A body on its way through a codec: taken from a filter's data callbacks, and injected behind the filter. */
export class CodedBody implements CodecPumpOwner {
  private readonly direction: BodyDirection;
  private readonly counts: CodedBytes;
  private pump: CodecPump | undefined = undefined;
  private paused = false;
  /** The message ends in trailers, which wait for the body. */
  private withTrailers = false;
  /** Told before the trailers go on. */
  private beforeTrailers: (() => void) | undefined = undefined;

  constructor(direction: BodyDirection, counts: CodedBytes) {
    this.direction = direction;
    this.counts = counts;
  }

  /** Before any data. */
  start(pump: CodecPump): void {
    this.pump = pump;
  }

  onData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    const { pump } = this;
    if (pump === undefined) return FilterDataStatus.Continue;
    // A chunk is only lent.
    pump.write(Buffer.from(chunk));
    if (endStream) pump.end();
    else if (!this.paused && pump.pendingBytes > PENDING_BYTES_MAX) {
      this.paused = true;
      this.direction.pause();
    }
    return FilterDataStatus.StopIterationNoBuffer;
  }

  /** The message's trailers, or (`beforeTrailers`) those that the filter has just added to it. */
  endInTrailers(beforeTrailers?: () => void): FilterTrailersStatus {
    this.withTrailers = true;
    this.beforeTrailers = beforeTrailers;
    this.pump?.end();
    return FilterTrailersStatus.StopIteration;
  }

  destroy(): void {
    this.pump?.close();
  }

  onOutput(piece: Uint8Array): void {
    this.counts.onOutput(piece.length);
    this.direction.inject(piece, false);
  }

  onChunkDone(inputBytes: number): void {
    this.counts.onInput(inputBytes);
    if (!this.paused || this.pump === undefined || this.pump.pendingBytes > PENDING_BYTES_MAX / 2) return;
    this.paused = false;
    this.direction.resume();
  }

  onChunkFailed(code: string): void {
    this.counts.onFailure?.(code);
  }

  onEnd(): void {
    this.pump?.close();
    this.beforeTrailers?.();
    if (this.withTrailers) this.direction.continueTrailers();
    else this.direction.inject(NOTHING, true);
  }
}

const NOTHING = new Uint8Array(0);
