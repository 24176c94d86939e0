import { constants, createGunzip } from "node:zlib";
import type { Gzip } from "@sluice/xds/gen/envoy/extensions/compression/gzip/decompressor/v3/gzip_pb.js";
import type { DecompressorFactory } from "../../../../compression/compression-library.ts";

const WINDOW_BITS = 15;
const CHUNK_BYTES = 4096;
const INFLATE_RATIO_MAX = 100;

/** By zlib's codes. */
const ERROR_STATS: ReadonlyMap<string, string> = new Map([
  ["ratio", "zlib_data_error"],
  ["Z_ERRNO", "zlib_errno"],
  ["Z_STREAM_ERROR", "zlib_stream_error"],
  ["Z_DATA_ERROR", "zlib_data_error"],
  ["Z_MEM_ERROR", "zlib_mem_error"],
  ["Z_BUF_ERROR", "zlib_buf_error"],
  ["Z_VERSION_ERROR", "zlib_version_error"],
]);

export const gzipDecompressorFactory: DecompressorFactory = {
  compile(message) {
    const config = asConfig(message);
    const options = {
      windowBits: config.windowBits ?? WINDOW_BITS,
      chunkSize: config.chunkSize ?? CHUNK_BYTES,
      flush: constants.Z_SYNC_FLUSH,
      finishFlush: constants.Z_SYNC_FLUSH,
    };
    return {
      ok: true,
      value: Object.freeze({
        contentEncoding: "gzip",
        statPrefix: "gzip",
        createStream: () => createGunzip(options),
        inflateRatioMax: config.maxInflateRatio ?? INFLATE_RATIO_MAX,
        outputStepBytes: options.chunkSize,
        errorStats: [...new Set(ERROR_STATS.values())],
        errorStat: (code: string) =>
          code === "rest" ? undefined : (ERROR_STATS.get(code) ?? "zlib_data_error"),
      }),
    };
  },
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Gzip {
  return message as Gzip;
}
