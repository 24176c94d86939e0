import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.stateful_session.v3";

export const statefulSessionManifest: HttpFilterManifest = {
  name: "envoy.filters.http.stateful_session",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.StatefulSession`],
  perRouteConfigTypes: [`${PACKAGE}.StatefulSessionPerRoute`],
  supportedFields: {
    [`${PACKAGE}.StatefulSession`]: [
      "session_state",
      "strict",
      "stat_prefix",
      "status_on_strict_destination_not_found",
    ],
    [`${PACKAGE}.StatefulSessionPerRoute`]: ["disabled", "stateful_session"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).statefulSessionFactory,
};
