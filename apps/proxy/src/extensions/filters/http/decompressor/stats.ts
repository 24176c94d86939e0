import type { Counter, StatsScope } from "@sluice/extension-api";

/** `….decompressor.<name of the library>.<its kind>.<direction>.` */
export interface DirectionStats {
  readonly decompressed: Counter;
  readonly notDecompressed: Counter;
  readonly totalUncompressedBytes: Counter;
  readonly totalCompressedBytes: Counter;
}

export function createDirectionStats(scope: StatsScope): DirectionStats {
  return {
    decompressed: scope.counter("decompressed"),
    notDecompressed: scope.counter("not_decompressed"),
    totalUncompressedBytes: scope.counter("total_uncompressed_bytes"),
    totalCompressedBytes: scope.counter("total_compressed_bytes"),
  };
}
