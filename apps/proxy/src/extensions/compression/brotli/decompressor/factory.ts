import { constants, createBrotliDecompress } from "node:zlib";
import type { Brotli } from "@sluice/xds/gen/envoy/extensions/compression/brotli/decompressor/v3/brotli_pb.js";
import type { DecompressorFactory } from "../../../../compression/compression-library.ts";

const CHUNK_BYTES = 4096;
/** Envoy's; not configurable. */
const INFLATE_RATIO_MAX = 100;
const ERROR_STATS: ReadonlyMap<string, string> = new Map([
  ["ratio", "brotli_output_overflow"],
  ["rest", "brotli_redundant_input"],
]);

export const brotliDecompressorFactory: DecompressorFactory = {
  compile(message) {
    const config = asConfig(message);
    const options = {
      params: {
        [constants.BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION]:
          config.disableRingBufferReallocation,
      },
      chunkSize: config.chunkSize ?? CHUNK_BYTES,
      flush: constants.BROTLI_OPERATION_FLUSH,
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
    };
    return {
      ok: true,
      value: Object.freeze({
        contentEncoding: "br",
        statPrefix: "brotli",
        createStream: () => createBrotliDecompress(options),
        inflateRatioMax: INFLATE_RATIO_MAX,
        outputStepBytes: options.chunkSize,
        errorStats: ["brotli_error", ...ERROR_STATS.values()],
        errorStat: (code: string) => ERROR_STATS.get(code) ?? "brotli_error",
      }),
    };
  },
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Brotli {
  return message as Brotli;
}
