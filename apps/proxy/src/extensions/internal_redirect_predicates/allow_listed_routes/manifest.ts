import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

export const allowListedRoutesManifest: ManifestOf<"envoy.internal_redirect_predicates"> = {
  name: "envoy.internal_redirect_predicates.allow_listed_routes",
  category: "envoy.internal_redirect_predicates",
  configTypes: ["envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig"],
  perRouteConfigTypes: [],
  supportedFields: {
    "envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig": [
      "allowed_route_names",
    ],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).allowListedRoutesFactory,
};
