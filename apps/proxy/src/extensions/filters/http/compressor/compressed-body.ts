import { FilterDataStatus, type FilterTrailersStatus } from "@sluice/extension-api";
import { CodecPump } from "../../../../compression/codec-pump.ts";
import { type BodyDirection, CodedBody, type CodedBytes } from "../../../../compression/coded-body.ts";
import type { Compressor } from "../../../../compression/compression-library.ts";
import type { DirectionStats } from "./stats.ts";

/** A body that is whole in one chunk and no longer than this is compressed at once, beside the thread pool. */
const WHOLE_BODY_BYTES_MAX = 16 * 1024;

/** A body on its way through a compressor, which is made when it is needed. */
export class CompressedBody implements CodedBytes {
  private readonly library: Compressor;
  private readonly direction: BodyDirection;
  private readonly stats: DirectionStats;
  private body: CodedBody | undefined = undefined;

  constructor(library: Compressor, direction: BodyDirection, stats: DirectionStats) {
    this.library = library;
    this.direction = direction;
    this.stats = stats;
  }

  onData(chunk: Uint8Array, endStream: boolean): FilterDataStatus {
    if (this.body === undefined && endStream && chunk.length <= WHOLE_BODY_BYTES_MAX) {
      const compressed = this.library.compressWhole(chunk);
      this.onInput(chunk.length);
      this.onOutput(compressed.length);
      this.direction.inject(compressed, true);
      return FilterDataStatus.StopIterationNoBuffer;
    }
    return this.started().onData(chunk, endStream);
  }

  onTrailers(): FilterTrailersStatus {
    return this.started().endInTrailers();
  }

  destroy(): void {
    this.body?.destroy();
  }

  onInput(bytes: number): void {
    this.stats.totalUncompressedBytes.add(bytes);
  }
  onOutput(bytes: number): void {
    this.stats.totalCompressedBytes.add(bytes);
  }

  private started(): CodedBody {
    if (this.body === undefined) {
      this.body = new CodedBody(this.direction, this);
      this.body.start(new CodecPump((start) => this.library.createStream(start), this.body, true));
    }
    return this.body;
  }
}
