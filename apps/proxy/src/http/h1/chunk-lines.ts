import { type Http1Error, Http1Errors } from "./http1-error.ts";
import { FIELD_VALUE } from "./octet-classes.ts";

const State = { Size: 0, Extension: 1, SizeLf: 2, DataCr: 3, DataLf: 4 } as const;
type State = (typeof State)[keyof typeof State];

const CR = 13;
const LF = 10;
const SP = 32;
const HT = 9;
const SEMICOLON = 59;
/** Extensions are skipped, but not without end. */
const EXTENSION_BYTES_MAX = 4096;
const SIZE_DIGITS_MAX = 13;

/** What stands between the data of a chunked body (RFC 9112 §7.1): the end of one chunk and the size of the next, octet by octet. */
export class ChunkLines {
  /** Of the chunk whose line is whole; 0: the last one. */
  size = 0;
  /** A size's line is whole: its data, or trailers, come next. */
  whole = false;
  /** Why `read` answered -1. */
  error: Http1Error = Http1Errors.chunkSize;
  private state: State = State.Size;
  private digits = 0;
  /** Of the whole message. */
  private extensionBytes = 0;

  /** A body begins. */
  begin(): void {
    this.size = 0;
    this.whole = false;
    this.state = State.Size;
    this.digits = 0;
    this.extensionBytes = 0;
  }

  /** The data of a chunk is through. */
  endData(): void {
    this.size = 0;
    this.whole = false;
    this.state = State.DataCr;
    this.digits = 0;
  }

  /** Reads on, to the end of a size's line at most; answers where the input goes on, or -1: see `error`. */
  read(input: Buffer, from: number): number {
    let at = from;
    const end = input.length;
    while (at < end) {
      const c = input[at++] ?? 0;
      switch (this.state) {
        case State.Size: {
          const value = hexValue(c);
          if (value >= 0) {
            if (++this.digits > SIZE_DIGITS_MAX) return this.fail(Http1Errors.chunkSize);
            this.size = this.size * 16 + value;
            continue;
          }
          if (this.digits === 0) return this.fail(Http1Errors.chunkSize);
          if (c === CR) this.state = State.SizeLf;
          else if (c === SEMICOLON || c === SP || c === HT) this.state = State.Extension;
          else return this.fail(Http1Errors.chunkSize);
          continue;
        }
        case State.Extension:
          if (c === CR) this.state = State.SizeLf;
          else if (FIELD_VALUE[c] !== 1 || ++this.extensionBytes > EXTENSION_BYTES_MAX) {
            return this.fail(Http1Errors.chunkSize);
          }
          continue;
        case State.SizeLf:
          if (c !== LF) return this.fail(Http1Errors.chunkSize);
          this.whole = true;
          return at;
        case State.DataCr:
          if (c !== CR) return this.fail(Http1Errors.chunkEnd);
          this.state = State.DataLf;
          continue;
        case State.DataLf:
          if (c !== LF) return this.fail(Http1Errors.chunkEnd);
          this.state = State.Size;
          continue;
      }
    }
    return at;
  }

  private fail(error: Http1Error): -1 {
    this.error = error;
    return -1;
  }
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const low = c | 32;
  return low >= 97 && low <= 102 ? low - 87 : -1;
}
