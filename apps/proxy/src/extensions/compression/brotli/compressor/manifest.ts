import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.compression.brotli.compressor.v3.Brotli";

export const brotliCompressorManifest: ManifestOf<"envoy.compression.compressor"> = {
  name: "envoy.compression.brotli.compressor",
  category: "envoy.compression.compressor",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: [
      "quality",
      "encoder_mode",
      "window_bits",
      "input_block_bits",
      "chunk_size",
      "disable_literal_context_modeling",
    ],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).brotliCompressorFactory,
};
