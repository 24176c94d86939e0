import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.compression.zstd.decompressor.v3.Zstd";

export const zstdDecompressorManifest: ManifestOf<"envoy.compression.decompressor"> = {
  name: "envoy.compression.zstd.decompressor",
  category: "envoy.compression.decompressor",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: ["dictionaries", "chunk_size"] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).zstdDecompressorFactory,
};
