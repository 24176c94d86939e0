import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.health_check.v3";

export const healthCheckManifest: HttpFilterManifest = {
  name: "envoy.filters.http.health_check",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.HealthCheck`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.HealthCheck`]: [
      "pass_through_mode",
      "cache_time",
      "cluster_min_healthy_percentages",
      "headers",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).healthCheckFactory,
};
