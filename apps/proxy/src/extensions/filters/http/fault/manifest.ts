import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.fault.v3";

export const faultManifest: HttpFilterManifest = {
  name: "envoy.filters.http.fault",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.HTTPFault`],
  perRouteConfigTypes: [`${PACKAGE}.HTTPFault`],
  supportedFields: {
    [`${PACKAGE}.HTTPFault`]: [
      "delay",
      "abort",
      "upstream_cluster",
      "headers",
      "downstream_nodes",
      "max_active_faults",
      "delay_percent_runtime",
      "abort_percent_runtime",
      "delay_duration_runtime",
      "abort_http_status_runtime",
      "max_active_faults_runtime",
      "abort_grpc_status_runtime",
      "disable_downstream_cluster_stats",
      "filter_metadata",
      "response_rate_limit",
      "response_rate_limit_percent_runtime",
    ],
    [`${PACKAGE}.FaultAbort`]: ["http_status", "grpc_status", "header_abort", "percentage", "response_body"],
    "envoy.extensions.filters.common.fault.v3.FaultRateLimit": ["fixed_limit", "header_limit", "percentage"],
    "envoy.extensions.filters.common.fault.v3.FaultDelay": ["fixed_delay", "header_delay", "percentage"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).faultFactory,
};
