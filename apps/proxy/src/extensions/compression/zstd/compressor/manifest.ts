import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.compression.zstd.compressor.v3.Zstd";

export const zstdCompressorManifest: ManifestOf<"envoy.compression.compressor"> = {
  name: "envoy.compression.zstd.compressor",
  category: "envoy.compression.compressor",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: ["compression_level", "enable_checksum", "strategy", "dictionary", "chunk_size"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).zstdCompressorFactory,
};
