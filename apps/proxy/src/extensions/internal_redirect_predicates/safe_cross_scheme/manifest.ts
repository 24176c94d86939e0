import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

export const safeCrossSchemeManifest: ManifestOf<"envoy.internal_redirect_predicates"> = {
  name: "envoy.internal_redirect_predicates.safe_cross_scheme",
  category: "envoy.internal_redirect_predicates",
  configTypes: ["envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig"],
  perRouteConfigTypes: [],
  supportedFields: { "envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig": [] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).safeCrossSchemeFactory,
};
