import { constants, createGzip, gzipSync } from "node:zlib";
import type { Gzip } from "@sluice/xds/gen/envoy/extensions/compression/gzip/compressor/v3/gzip_pb.js";
import type { CompressorFactory } from "../../../../compression/compression-library.ts";

/** As Envoy's: less memory and a smaller window than zlib's own. */
const MEMORY_LEVEL = 5;
const WINDOW_BITS = 12;
const CHUNK_BYTES = 16 * 1024;

export const gzipCompressorFactory: CompressorFactory = {
  compile(message) {
    const config = asConfig(message);
    const options = {
      // Their numbers are zlib's, but for the level that stands for none.
      level: config.compressionLevel === 0 ? constants.Z_DEFAULT_COMPRESSION : config.compressionLevel,
      strategy: config.compressionStrategy,
      memLevel: config.memoryLevel ?? MEMORY_LEVEL,
      windowBits: config.windowBits ?? WINDOW_BITS,
      chunkSize: config.chunkSize ?? CHUNK_BYTES,
    };
    return {
      ok: true,
      value: Object.freeze({
        contentEncoding: "gzip",
        statPrefix: "gzip",
        createStream: () => createGzip({ ...options, flush: constants.Z_SYNC_FLUSH }),
        compressWhole: (body: Uint8Array) => gzipSync(body, options),
      }),
    };
  },
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Gzip {
  return message as Gzip;
}
