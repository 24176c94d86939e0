import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.compression.gzip.decompressor.v3.Gzip";

export const gzipDecompressorManifest: ManifestOf<"envoy.compression.decompressor"> = {
  name: "envoy.compression.gzip.decompressor",
  category: "envoy.compression.decompressor",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: ["window_bits", "chunk_size", "max_inflate_ratio"] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).gzipDecompressorFactory,
};
