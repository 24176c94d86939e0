import { DEFAULT_FRAME_BYTES_MAX, FrameFlag } from "./frames.ts";
import { type HeaderBlock, HpackDecoder } from "./hpack/hpack-decoder.ts";
import {
  compressionError,
  floodError,
  frameSizeError,
  type Http2Error,
  protocolError,
} from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stats } from "./http2-stats.ts";

/** A header block may come in so many frames, and one more for each 4 KiB that a head may have. */
const FRAMES_MIN = 16;

/** Gathers header blocks from HEADERS and CONTINUATION frames (RFC 9113 §4.3) and decodes them. */
export class HeaderBlockReader {
  /** Of the block that is being gathered or was gathered last. */
  endStream = false;
  /** Of the block that is being gathered; 0: none is. */
  streamId = 0;
  /** Payloads of the frames that the block at hand, or the last one, came in. */
  frameBytes = 0;
  private readonly decoder: HpackDecoder;
  private readonly stats: Http2Stats;
  private readonly headBytesMax: number;
  private parts: Buffer[] = [];
  private bytes = 0;
  private whole: HeaderBlock | undefined = undefined;

  constructor({ headerTableBytes, fieldBytesMax }: Http2Options, headBytesMax: number, stats: Http2Stats) {
    this.decoder = new HpackDecoder(headerTableBytes, headBytesMax, fieldBytesMax);
    this.headBytesMax = headBytesMax;
    this.stats = stats;
  }

  /** A HEADERS frame, whose payload is `octets[start, end)`. Answers what is wrong. */
  begin(streamId: number, flags: number, octets: Buffer, start: number, end: number): Http2Error | undefined {
    if (streamId === 0) return protocolError("HEADERS on stream 0");
    let from = start;
    let to = end;
    if ((flags & FrameFlag.Padded) !== 0) {
      to -= octets[from] ?? 0;
      from++;
    }
    if ((flags & FrameFlag.Priority) !== 0) {
      if (to - from >= 5 && (octets.readUInt32BE(from) & 0x7fff_ffff) === streamId) {
        return protocolError("a stream that depends on itself");
      }
      from += 5;
    }
    if (to < from || from > end) {
      const short = end - start < 5 && (flags & FrameFlag.Padded) === 0;
      return short ? frameSizeError("malformed HEADERS") : protocolError("malformed HEADERS");
    }
    this.streamId = streamId;
    this.frameBytes = end - start - (to - from);
    this.endStream = (flags & FrameFlag.EndStream) !== 0;
    return this.add(flags, octets, from, to);
  }

  /** A piece of the block, from whichever frame. Answers what is wrong. */
  add(flags: number, octets: Buffer, start: number, end: number): Http2Error | undefined {
    const { parts, headBytesMax } = this;
    this.bytes += end - start;
    this.frameBytes += end - start;
    // Compressed it is hardly ever longer than in full; what is beyond serves no message that would be taken.
    if (
      this.bytes > headBytesMax + DEFAULT_FRAME_BYTES_MAX ||
      parts.length > FRAMES_MIN + headBytesMax / 4096
    ) {
      this.stats.counters.header_overflow.inc();
      return floodError("http2.too_many_headers");
    }
    if ((flags & FrameFlag.EndHeaders) === 0) {
      parts.push(Buffer.from(octets.subarray(start, end)));
      return undefined;
    }
    if (parts.length === 0) this.whole = this.decoder.decode(octets, start, end);
    else {
      parts.push(octets.subarray(start, end));
      const joined = Buffer.concat(parts, this.bytes);
      this.parts = [];
      this.whole = this.decoder.decode(joined, 0, joined.length);
    }
    this.bytes = 0;
    this.streamId = 0;
    return this.whole === undefined ? compressionError("header compression") : undefined;
  }

  /** The block, once it is whole. */
  take(): HeaderBlock | undefined {
    const block = this.whole;
    this.whole = undefined;
    return block;
  }
}
