import type { Transform } from "node:stream";

/** Who feeds a pump, and takes what comes out. None of this is called from within the pump's own methods. */
export interface CodecPumpOwner {
  /** In order. The piece is the owner's. */
  onOutput(piece: Uint8Array): void;
  /** A chunk has gone in, and what it gave has come out. */
  onChunkDone(inputBytes: number): void;
  /** The chunk that is going in is not what the codec reads; `onChunkDone` follows. "ratio": too much came
   * out of it; "rest": it has octets behind the end of what the codec reads. */
  onChunkFailed(code: string): void;
  /** After `end()`, when everything has come out. */
  onEnd(): void;
}

/** How much may come out of one chunk. */
export interface OutputLimit {
  /** Times the chunk's size; 0: without limit. */
  readonly ratioMax: number;
  readonly stepBytes: number;
}

const NOTHING = new Uint8Array(0);
const UNLIMITED: OutputLimit = { ratioMax: 0, stepBytes: 1 };

/**
 * Passes chunks one by one through a codec of node:zlib, so that what comes out is known to be of which chunk. A codec that
 * failed, or that saw the end of what it reads, swallows the rest.
 */
export class CodecPump {
  /** Bytes written and not yet through. */
  pendingBytes = 0;
  private readonly open: (start: Uint8Array) => Transform;
  private stream: Transform | undefined = undefined;
  private readonly owner: CodecPumpOwner;
  private readonly finishes: boolean;
  private readonly limit: OutputLimit;
  private queue: Uint8Array[] = [];
  private chunkBytes = -1;
  private chunkLimit = Number.POSITIVE_INFINITY;
  private chunkOutput = 0;
  private ending = false;
  private ended = false;
  private swallows = false;
  private failure = "";
  private closed = false;
  private readonly onWritten = (): void => this.afterWrite();

  /**
   * `open`: makes the codec, once, for a body that begins with these octets. `finishes`: it has something to say at the end (it
   * compresses).
   */
  constructor(
    open: (start: Uint8Array) => Transform,
    owner: CodecPumpOwner,
    finishes: boolean,
    limit = UNLIMITED,
  ) {
    this.open = open;
    this.owner = owner;
    this.finishes = finishes;
    this.limit = limit;
  }

  /** Takes the chunk. */
  write(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.queue.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.chunkBytes < 0) process.nextTick(startNext, this);
  }

  end(): void {
    this.ending = true;
    if (this.chunkBytes < 0) process.nextTick(startNext, this);
  }

  /** Nothing is called any more; the codec's memory goes. */
  close(): void {
    this.closed = true;
    this.queue = [];
    this.stream?.destroy();
  }

  private opened(start: Uint8Array): Transform {
    if (this.stream === undefined) {
      this.stream = this.open(start);
      this.stream.on("readable", () => this.drain());
      this.stream.on("error", (error: Error) => this.onError(error));
      this.stream.on("end", () => this.onStreamEnd());
    }
    return this.stream;
  }

  next(): void {
    while (this.chunkBytes < 0 && !this.closed) {
      const chunk = this.queue.shift();
      if (chunk === undefined) {
        this.finish();
        return;
      }
      this.chunkBytes = chunk.length;
      this.chunkOutput = 0;
      const { ratioMax, stepBytes } = this.limit;
      if (ratioMax > 0) this.chunkLimit = (Math.floor((chunk.length * ratioMax) / stepBytes) + 1) * stepBytes;
      if (!this.swallows) this.opened(chunk).write(chunk, this.onWritten);
      else {
        if (this.failure !== "") this.owner.onChunkFailed(this.failure);
        this.chunkDone();
      }
    }
  }

  private finish(): void {
    if (!this.ending || this.ended) return;
    if (this.finishes && !this.swallows) {
      this.opened(NOTHING).end();
      return;
    }
    this.ended = true;
    this.owner.onEnd();
  }

  private afterWrite(): void {
    this.drain();
    if (this.closed || this.swallows || this.chunkBytes < 0) return;
    this.chunkDone();
    this.next();
  }

  private chunkDone(): void {
    const bytes = this.chunkBytes;
    this.chunkBytes = -1;
    this.pendingBytes -= bytes;
    this.owner.onChunkDone(bytes);
  }

  private drain(): void {
    while (!this.closed && !this.swallows) {
      const piece = asPiece(this.stream?.read());
      if (piece === undefined) return;
      const room = this.chunkLimit - this.chunkOutput;
      this.chunkOutput += piece.length;
      if (piece.length < room) this.owner.onOutput(piece);
      else {
        this.owner.onOutput(piece.subarray(0, room));
        this.fail("ratio");
      }
    }
  }

  private onError(error: Error & { readonly code?: string }): void {
    if (!this.closed && !this.swallows) this.fail(error.code ?? "");
  }

  private fail(code: string): void {
    this.failure = code;
    this.swallows = true;
    this.stream?.destroy();
    if (this.chunkBytes >= 0) {
      this.owner.onChunkFailed(code);
      this.chunkDone();
    }
    this.next();
  }

  /** A compressor has ended; to a decompressor, the rest is not its. */
  private onStreamEnd(): void {
    if (this.closed || this.swallows) return;
    this.swallows = true;
    if (this.chunkBytes >= 0) {
      this.owner.onChunkFailed("rest");
      this.chunkDone();
    }
    this.next();
  }
}

function startNext(pump: CodecPump): void {
  pump.next();
}

/** A codec of node:zlib gives buffers, and null when it has none. */
function asPiece(read: unknown): Uint8Array | undefined {
  return read instanceof Uint8Array ? read : undefined;
}
