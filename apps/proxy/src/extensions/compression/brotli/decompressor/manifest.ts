import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.compression.brotli.decompressor.v3.Brotli";

export const brotliDecompressorManifest: ManifestOf<"envoy.compression.decompressor"> = {
  name: "envoy.compression.brotli.decompressor",
  category: "envoy.compression.decompressor",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: ["disable_ring_buffer_reallocation", "chunk_size"] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).brotliDecompressorFactory,
};
