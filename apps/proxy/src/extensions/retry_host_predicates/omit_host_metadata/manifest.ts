import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

export const omitHostMetadataManifest: ManifestOf<"envoy.retry_host_predicates"> = {
  name: "envoy.retry_host_predicates.omit_host_metadata",
  category: "envoy.retry_host_predicates",
  configTypes: ["envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig"],
  perRouteConfigTypes: [],
  supportedFields: {
    "envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig": ["metadata_match"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).omitHostMetadataFactory,
};
