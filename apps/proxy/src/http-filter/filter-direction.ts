import type { StreamDecoderFilter, StreamEncoderFilter } from "@sluice/extension-api";

export function isDecoder(filter: StreamDecoderFilter | StreamEncoderFilter): filter is StreamDecoderFilter {
  return "decodeHeaders" in filter;
}

export function isEncoder(filter: StreamDecoderFilter | StreamEncoderFilter): filter is StreamEncoderFilter {
  return "encodeHeaders" in filter;
}
