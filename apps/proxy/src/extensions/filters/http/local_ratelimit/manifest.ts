import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const CONFIG = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

export const httpLocalRateLimitManifest: HttpFilterManifest = {
  name: "envoy.filters.http.local_ratelimit",
  category: "envoy.filters.http",
  configTypes: [CONFIG],
  perRouteConfigTypes: [CONFIG],
  supportedFields: {
    [CONFIG]: [
      "stat_prefix",
      "status",
      "token_bucket",
      "filter_enabled",
      "filter_enforced",
      "request_headers_to_add_when_not_enforced",
      "response_headers_to_add",
      "descriptors",
      "stage",
      "local_rate_limit_per_downstream_connection",
      "enable_x_ratelimit_headers",
      "vh_rate_limits",
      "always_consume_default_token_bucket",
      "rate_limited_as_resource_exhausted",
      "rate_limits",
      "max_dynamic_descriptors",
      "enable_retry_after_header",
      "local_cluster_rate_limit",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).localRateLimitFactory,
};
