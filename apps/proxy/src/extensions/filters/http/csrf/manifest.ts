import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.csrf.v3";

export const csrfManifest: HttpFilterManifest = {
  name: "envoy.filters.http.csrf",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.CsrfPolicy`],
  perRouteConfigTypes: [`${PACKAGE}.CsrfPolicy`],
  supportedFields: {
    [`${PACKAGE}.CsrfPolicy`]: ["filter_enabled", "shadow_enabled", "additional_origins"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).csrfFactory,
};
