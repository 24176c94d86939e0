import type { Transform } from "node:stream";
import type { Compiled } from "@sluice/extension-api";

/**
 * What an extension of `envoy.compression.compressor` or `envoy.compression.decompressor` gives: it makes a library of its
 * configuration, once, from which filters take a codec for each body.
 */
export interface CompressorFactory {
  /** `config`: the decoded message of one of the manifest's types. Problems' paths are from that message. */
  compile(config: unknown): Compiled<Compressor>;
}
export interface DecompressorFactory {
  compile(config: unknown): Compiled<Decompressor>;
}

export interface CompressionLibrary {
  /** The coding's name in `content-encoding`: `gzip`, `br`, `zstd`. */
  readonly contentEncoding: string;
  /** In names of stats: `gzip`, `brotli`, `zstd`. */
  readonly statPrefix: string;
  /**
   * A codec of node:zlib, for a body that begins so (as far as it has come). It works in its thread pool, and holds native memory
   * until it is destroyed.
   */
  createStream(start: Uint8Array): Transform;
}

/** Each chunk written to a compressor's stream comes out whole before the next goes in (it is flushed). */
export interface Compressor extends CompressionLibrary {
  /** For bodies so small that a trip to the thread pool costs more than the work. */
  compressWhole(body: Uint8Array): Uint8Array;
}

export interface Decompressor extends CompressionLibrary {
  /** A chunk may come out this many times as large, in steps of `outputStepBytes`; 0: without limit. */
  readonly inflateRatioMax: number;
  readonly outputStepBytes: number;
  /** Counters of failures, below `decompressor_library.` */
  readonly errorStats: readonly string[];
  /** Which of them counts a chunk that failed with this code (`CodecPumpOwner.onChunkFailed`); undefined: none. */
  errorStat(code: string): string | undefined;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.compression.compressor": CompressorFactory;
    "envoy.compression.decompressor": DecompressorFactory;
  }
}
