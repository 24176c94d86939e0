import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const RBAC = "envoy.extensions.filters.network.rbac.v3.RBAC";

export const networkRbacManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.rbac",
  category: "envoy.filters.network",
  configTypes: [RBAC],
  perRouteConfigTypes: [],
  supportedFields: {
    [RBAC]: [
      "rules",
      "matcher",
      "shadow_rules",
      "shadow_matcher",
      "shadow_rules_stat_prefix",
      "stat_prefix",
      "enforcement_type",
      "delay_deny",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).networkRbacFactory,
};
