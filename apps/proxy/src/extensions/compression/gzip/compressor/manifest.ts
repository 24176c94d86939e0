import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.compression.gzip.compressor.v3.Gzip";

export const gzipCompressorManifest: ManifestOf<"envoy.compression.compressor"> = {
  name: "envoy.compression.gzip.compressor",
  category: "envoy.compression.compressor",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: ["memory_level", "compression_level", "compression_strategy", "window_bits", "chunk_size"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).gzipCompressorFactory,
};
