import { brotliCompressSync, constants, createBrotliCompress } from "node:zlib";
import type { Brotli } from "@sluice/xds/gen/envoy/extensions/compression/brotli/compressor/v3/brotli_pb.js";
import type { CompressorFactory } from "../../../../compression/compression-library.ts";

/** Envoy's. */
const QUALITY = 3;
const WINDOW_BITS = 18;
const INPUT_BLOCK_BITS = 24;
const CHUNK_BYTES = 16 * 1024;
/** By `encoder_mode`. */
const MODES: readonly number[] = [
  constants.BROTLI_DEFAULT_MODE,
  constants.BROTLI_MODE_GENERIC,
  constants.BROTLI_MODE_TEXT,
  constants.BROTLI_MODE_FONT,
];

export const brotliCompressorFactory: CompressorFactory = {
  compile(message) {
    const config = asConfig(message);
    const options = {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: config.quality ?? QUALITY,
        [constants.BROTLI_PARAM_MODE]: MODES[config.encoderMode] ?? constants.BROTLI_DEFAULT_MODE,
        [constants.BROTLI_PARAM_LGWIN]: config.windowBits ?? WINDOW_BITS,
        [constants.BROTLI_PARAM_LGBLOCK]: config.inputBlockBits ?? INPUT_BLOCK_BITS,
        [constants.BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING]: config.disableLiteralContextModeling,
      },
      chunkSize: config.chunkSize ?? CHUNK_BYTES,
    };
    return {
      ok: true,
      value: Object.freeze({
        contentEncoding: "br",
        statPrefix: "brotli",
        createStream: () => createBrotliCompress({ ...options, flush: constants.BROTLI_OPERATION_FLUSH }),
        compressWhole: (body: Uint8Array) => brotliCompressSync(body, options),
      }),
    };
  },
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Brotli {
  return message as Brotli;
}
