import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.filters.http.cors.v3";

export const corsManifest: HttpFilterManifest = {
  name: "envoy.filters.http.cors",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.Cors`],
  perRouteConfigTypes: [`${PACKAGE}.CorsPolicy`],
  supportedFields: {
    [`${PACKAGE}.Cors`]: [],
    [`${PACKAGE}.CorsPolicy`]: [
      "allow_origin_string_match",
      "allow_methods",
      "allow_headers",
      "expose_headers",
      "max_age",
      "allow_credentials",
      "filter_enabled",
      "shadow_enabled",
      "allow_private_network_access",
      "forward_not_matching_preflights",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).corsFactory,
};
