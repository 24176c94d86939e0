import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.ratelimit.v3";

export const rateLimitManifest: HttpFilterManifest = {
  name: "envoy.filters.http.ratelimit",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.RateLimit`],
  perRouteConfigTypes: [`${PACKAGE}.RateLimitPerRoute`],
  supportedFields: {
    [`${PACKAGE}.RateLimit`]: [
      "domain",
      "stage",
      "request_type",
      "timeout",
      "failure_mode_deny",
      "rate_limited_as_resource_exhausted",
      "rate_limit_service",
      "enable_x_ratelimit_headers",
      "disable_x_envoy_ratelimited_header",
      "rate_limited_status",
      "response_headers_to_add",
      "status_on_error",
      "stat_prefix",
      "filter_enabled",
      "filter_enforced",
      "failure_mode_deny_percent",
      "rate_limits",
      "metadata_namespace",
      "enable_retry_after_header",
    ],
    [`${PACKAGE}.RateLimitPerRoute`]: ["vh_rate_limits", "rate_limits", "domain"],
    "envoy.config.ratelimit.v3.RateLimitServiceConfig": ["grpc_service", "transport_api_version"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).rateLimitFactory,
};
