import type { FilterDataStatus, FilterTrailersStatus, HeaderMap } from "@sluice/extension-api";
import { CodecPump } from "../../../../compression/codec-pump.ts";
import { type BodyDirection, CodedBody, type CodedBytes } from "../../../../compression/coded-body.ts";
import type { DecompressorConfig } from "./config.ts";
import type { DirectionStats } from "./stats.ts";

/** A body on its way through a decompressor, and its sizes for the trailers. */
export class DecompressedBody implements CodedBytes {
  private readonly config: DecompressorConfig;
  private readonly stats: DirectionStats;
  private readonly body: CodedBody;
  private compressedBytes = 0;
  private uncompressedBytes = 0;

  constructor(config: DecompressorConfig, direction: BodyDirection, stats: DirectionStats) {
    const { library } = config;
    this.config = config;
    this.stats = stats;
    this.body = new CodedBody(direction, this);
    const limit = { ratioMax: library.inflateRatioMax, stepBytes: library.outputStepBytes };
    this.body.start(new CodecPump((start) => library.createStream(start), this.body, false, limit));
  }

  /** `addTrailers`: makes the message's, where it has none. */
  onData(chunk: Uint8Array, endStream: boolean, addTrailers: () => HeaderMap): FilterDataStatus {
    if (!endStream) return this.body.onData(chunk, false);
    const status = this.body.onData(chunk, false);
    this.onTrailers(addTrailers());
    return status;
  }

  onTrailers(trailers: HeaderMap): FilterTrailersStatus {
    return this.body.endInTrailers(() => {
      trailers.append(this.config.compressedBytesTrailer, String(this.compressedBytes));
      trailers.append(this.config.uncompressedBytesTrailer, String(this.uncompressedBytes));
    });
  }

  destroy(): void {
    this.body.destroy();
  }

  onInput(bytes: number): void {
    this.compressedBytes += bytes;
    this.stats.totalCompressedBytes.add(bytes);
  }
  onOutput(bytes: number): void {
    this.uncompressedBytes += bytes;
    this.stats.totalUncompressedBytes.add(bytes);
  }
  onFailure(code: string): void {
    const stat = this.config.library.errorStat(code);
    if (stat !== undefined) this.config.errors.get(stat)?.inc();
  }
}
