import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig";

export const customHeaderDetectionManifest: ManifestOf<"envoy.http.original_ip_detection"> = {
  name: "envoy.http.original_ip_detection.custom_header",
  category: "envoy.http.original_ip_detection",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: ["header_name", "allow_extension_to_set_address_as_trusted", "reject_with_status"],
  },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).customHeaderDetectionFactory,
};
