import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.set_metadata.v3";

export const setMetadataManifest: HttpFilterManifest = {
  name: "envoy.filters.http.set_metadata",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.Config`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.Config`]: ["metadata_namespace", "value", "metadata"],
    [`${PACKAGE}.Metadata`]: ["metadata_namespace", "allow_overwrite", "value"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).setMetadataFactory,
};
