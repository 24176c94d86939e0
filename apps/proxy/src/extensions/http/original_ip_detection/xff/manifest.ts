import { createRequire } from "node:module";
import type { ManifestOf } from "../../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.http.original_ip_detection.xff.v3";

export const xffDetectionManifest: ManifestOf<"envoy.http.original_ip_detection"> = {
  name: "envoy.http.original_ip_detection.xff",
  category: "envoy.http.original_ip_detection",
  configTypes: [`${PACKAGE}.XffConfig`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.XffConfig`]: ["xff_num_trusted_hops", "xff_trusted_cidrs", "skip_xff_append"],
    [`${PACKAGE}.XffTrustedCidrs`]: ["cidrs"],
  },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).xffDetectionFactory,
};
