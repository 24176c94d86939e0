import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.rbac.v3";

export const httpRbacManifest: HttpFilterManifest = {
  name: "envoy.filters.http.rbac",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.RBAC`],
  perRouteConfigTypes: [`${PACKAGE}.RBACPerRoute`],
  supportedFields: {
    [`${PACKAGE}.RBAC`]: [
      "rules",
      "rules_stat_prefix",
      "matcher",
      "shadow_rules",
      "shadow_matcher",
      "shadow_rules_stat_prefix",
      "track_per_rule_stats",
    ],
    [`${PACKAGE}.RBACPerRoute`]: ["rbac"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).httpRbacFactory,
};
