import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec";

export const upstreamCodecManifest: HttpFilterManifest = {
  name: "envoy.filters.http.upstream_codec",
  category: "envoy.filters.http",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: { [TYPE]: [] },
  upstream: "only",
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).upstreamCodecFactory,
};
