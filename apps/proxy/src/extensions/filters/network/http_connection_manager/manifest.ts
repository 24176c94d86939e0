import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const HCM = "envoy.extensions.filters.network.http_connection_manager.v3";

export const httpConnectionManagerManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.http_connection_manager",
  category: "envoy.filters.network",
  configTypes: [`${HCM}.HttpConnectionManager`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${HCM}.HttpConnectionManager`]: [
      "codec_type",
      "stat_prefix",
      "rds",
      "route_config",
      "http_filters",
      "add_user_agent",
      "tracing",
      "common_http_protocol_options",
      "http_protocol_options",
      "server_name",
      "server_header_transformation",
      "max_request_headers_kb",
      "stream_idle_timeout",
      "request_timeout",
      "request_headers_timeout",
      "drain_timeout",
      "delayed_close_timeout",
      "access_log",
      "use_remote_address",
      "xff_num_trusted_hops",
      "skip_xff_append",
      "via",
      "generate_request_id",
      "preserve_external_request_id",
      "always_set_request_id_in_response",
      "proxy_100_continue",
      "upgrade_configs",
      "normalize_path",
      "merge_slashes",
      "path_with_escaped_slashes_action",
      "strip_matching_host_port",
      "strip_any_host_port",
      "strip_trailing_host_dot",
    ],
    [`${HCM}.HttpConnectionManager.UpgradeConfig`]: ["upgrade_type", "filters", "enabled"],
    [`${HCM}.HttpFilter`]: ["name", "typed_config", "disabled"],
    [`${HCM}.Rds`]: ["config_source", "route_config_name"],
    "envoy.config.core.v3.HttpProtocolOptions": [
      "idle_timeout",
      "max_connection_duration",
      "max_headers_count",
      "max_requests_per_connection",
      "headers_with_underscores_action",
    ],
    "envoy.config.core.v3.Http1ProtocolOptions": [
      "accept_http_10",
      "default_host_for_http_10",
      "enable_trailers",
      "allow_absolute_url",
    ],
  },
  load: () => (require("./compile.ts") as typeof import("./compile.ts")).httpConnectionManagerFactory,
};
