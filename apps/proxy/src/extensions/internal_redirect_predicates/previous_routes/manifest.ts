import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

export const previousRoutesManifest: ManifestOf<"envoy.internal_redirect_predicates"> = {
  name: "envoy.internal_redirect_predicates.previous_routes",
  category: "envoy.internal_redirect_predicates",
  configTypes: ["envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig"],
  perRouteConfigTypes: [],
  supportedFields: { "envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig": [] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).previousRoutesFactory,
};
