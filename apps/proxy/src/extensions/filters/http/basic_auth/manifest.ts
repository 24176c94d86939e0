import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.basic_auth.v3";

export const basicAuthManifest: HttpFilterManifest = {
  name: "envoy.filters.http.basic_auth",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.BasicAuth`],
  perRouteConfigTypes: [`${PACKAGE}.BasicAuthPerRoute`],
  supportedFields: {
    [`${PACKAGE}.BasicAuth`]: [
      "users",
      "forward_username_header",
      "authentication_header",
      "allow_missing",
      "emit_dynamic_metadata",
      "realm",
    ],
    [`${PACKAGE}.BasicAuthPerRoute`]: ["users", "realm"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).basicAuthFactory,
};
