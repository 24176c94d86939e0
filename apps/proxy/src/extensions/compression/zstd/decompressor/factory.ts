import { constants, createZstdDecompress } from "node:zlib";
import type { Zstd } from "@sluice/xds/gen/envoy/extensions/compression/zstd/decompressor/v3/zstd_pb.js";
import type { DecompressorFactory } from "../../../../compression/compression-library.ts";
import { frameDictionaryId, readDictionary } from "../dictionary.ts";

/** A block of the library. */
const CHUNK_BYTES = 128 * 1024;
const INFLATE_RATIO_MAX = 100;

/** By the library's codes; all others are `zstd_generic_error`. */
const ERROR_STATS: ReadonlyMap<string, string> = new Map([
  ["ZSTD_error_memory_allocation", "zstd_memory_error"],
  ["ZSTD_error_dictionary_corrupted", "zstd_dictionary_error"],
  ["ZSTD_error_dictionary_wrong", "zstd_dictionary_error"],
  ["ZSTD_error_checksum_wrong", "zstd_checksum_wrong_error"],
]);

export const zstdDecompressorFactory: DecompressorFactory = {
  compile(message) {
    const config = asConfig(message);
    const dictionaries = new Map<number, Buffer>();
    for (const [index, source] of config.dictionaries.entries()) {
      const read = readDictionary(source, `dictionaries[${index}]`);
      if (!read.ok) return read;
      dictionaries.set(read.value.id, read.value.bytes);
    }
    const options = {
      chunkSize: config.chunkSize ?? CHUNK_BYTES,
      flush: constants.ZSTD_e_flush,
      finishFlush: constants.ZSTD_e_flush,
    };
    return {
      ok: true,
      value: Object.freeze({
        contentEncoding: "zstd",
        statPrefix: "zstd",
        createStream: (start: Uint8Array) => {
          // One that the frame does not name would be taken for its history all the same.
          const dictionary = dictionaries.size === 0 ? undefined : dictionaries.get(frameDictionaryId(start));
          return createZstdDecompress(dictionary === undefined ? options : { ...options, dictionary });
        },
        inflateRatioMax: INFLATE_RATIO_MAX,
        outputStepBytes: options.chunkSize,
        errorStats: ["zstd_generic_error", ...new Set(ERROR_STATS.values())],
        errorStat: (code: string) =>
          code === "rest" ? undefined : (ERROR_STATS.get(code) ?? "zstd_generic_error"),
      }),
    };
  },
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Zstd {
  return message as Zstd;
}
