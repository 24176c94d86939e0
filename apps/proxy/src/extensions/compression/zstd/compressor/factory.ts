import { constants, createZstdCompress, zstdCompressSync } from "node:zlib";
import type { Zstd } from "@sluice/xds/gen/envoy/extensions/compression/zstd/compressor/v3/zstd_pb.js";
import type { CompressorFactory } from "../../../../compression/compression-library.ts";
import { readDictionary } from "../dictionary.ts";

const LEVEL = 3;
const CHUNK_BYTES = 16 * 1024;

export const zstdCompressorFactory: CompressorFactory = {
  compile(message) {
    const config = asConfig(message);
    const dictionary =
      config.dictionary === undefined ? undefined : readDictionary(config.dictionary, "dictionary");
    if (dictionary?.ok === false) return dictionary;
    const options = {
      ...(dictionary !== undefined && { dictionary: dictionary.value.bytes }),
      params: {
        [constants.ZSTD_c_compressionLevel]: config.compressionLevel ?? LEVEL,
        [constants.ZSTD_c_checksumFlag]: config.enableChecksum ? 1 : 0,
        // Its numbers are the library's; 0 leaves the choice to the level.
        [constants.ZSTD_c_strategy]: config.strategy,
      },
      chunkSize: config.chunkSize ?? CHUNK_BYTES,
    };
    return {
      ok: true,
      value: Object.freeze({
        contentEncoding: "zstd",
        statPrefix: "zstd",
        createStream: () => createZstdCompress({ ...options, flush: constants.ZSTD_e_flush }),
        compressWhole: (body: Uint8Array) => zstdCompressSync(body, options),
      }),
    };
  },
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Zstd {
  return message as Zstd;
}
