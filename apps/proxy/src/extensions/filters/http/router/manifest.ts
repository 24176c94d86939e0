import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";
import { HTTP_FILTER_FIELDS } from "../../../../http-filter/http-filter-fields.ts";

const require = createRequire(import.meta.url);

export const routerManifest: HttpFilterManifest = {
  name: "envoy.filters.http.router",
  category: "envoy.filters.http",
  configTypes: ["envoy.extensions.filters.http.router.v3.Router"],
  perRouteConfigTypes: [],
  supportedFields: {
    "envoy.extensions.filters.http.router.v3.Router": [
      "suppress_envoy_headers",
      "respect_expected_rq_timeout",
      "dynamic_stats",
      "start_child_span",
      "upstream_log",
      "upstream_log_options",
      "strict_check_headers",
      "suppress_grpc_request_failure_code_stats",
      "upstream_http_filters",
      "reject_connect_request_early_data",
    ],
    ...HTTP_FILTER_FIELDS,
    "envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions": [
      "flush_upstream_log_on_upstream_stream",
      "upstream_log_flush_interval",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).routerFactory,
};
