import type { Counter, StatsScope } from "@sluice/extension-api";

/** Of one direction. Bytes are those of messages that are compressed. */
export interface DirectionStats {
  readonly compressed: Counter;
  readonly notCompressed: Counter;
  readonly totalUncompressedBytes: Counter;
  readonly totalCompressedBytes: Counter;
  readonly contentLengthTooSmall: Counter;
}

/** What `accept-encoding` and `etag` said. */
export interface NegotiationStats {
  readonly noAcceptHeader: Counter;
  readonly headerIdentity: Counter;
  readonly headerCompressorUsed: Counter;
  readonly headerCompressorOvershadowed: Counter;
  readonly headerWildcard: Counter;
  readonly headerNotValid: Counter;
  readonly notCompressedEtag: Counter;
}

/** `scope`: `….compressor.<name of the library>.<its kind>`, for a direction followed by the direction's name. */
export function createDirectionStats(scope: StatsScope): DirectionStats {
  return {
    compressed: scope.counter("compressed"),
    notCompressed: scope.counter("not_compressed"),
    totalUncompressedBytes: scope.counter("total_uncompressed_bytes"),
    totalCompressedBytes: scope.counter("total_compressed_bytes"),
    contentLengthTooSmall: scope.counter("content_length_too_small"),
  };
}

export function createNegotiationStats(scope: StatsScope): NegotiationStats {
  return {
    noAcceptHeader: scope.counter("no_accept_header"),
    headerIdentity: scope.counter("header_identity"),
    headerCompressorUsed: scope.counter("header_compressor_used"),
    headerCompressorOvershadowed: scope.counter("header_compressor_overshadowed"),
    headerWildcard: scope.counter("header_wildcard"),
    headerNotValid: scope.counter("header_not_valid"),
    notCompressedEtag: scope.counter("not_compressed_etag"),
  };
}
