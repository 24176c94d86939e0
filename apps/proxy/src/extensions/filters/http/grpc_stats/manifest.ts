import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.grpc_stats.v3";

export const grpcStatsManifest: HttpFilterManifest = {
  name: "envoy.filters.http.grpc_stats",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.FilterConfig`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.FilterConfig`]: [
      "emit_filter_state",
      "individual_method_stats_allowlist",
      "stats_for_all_methods",
      "enable_upstream_stats",
      "replace_dots_in_grpc_service_name",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).grpcStatsFactory,
};
