import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";
import { CONFIG_SOURCE_FIELDS } from "../../../../xds/config-source.ts";

const require = createRequire(import.meta.url);

const TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

export const tcpProxyManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.tcp_proxy",
  category: "envoy.filters.network",
  configTypes: [TCP_PROXY],
  perRouteConfigTypes: [],
  supportedFields: {
    [TCP_PROXY]: [
      "stat_prefix",
      "cluster",
      "weighted_clusters",
      "metadata_match",
      "hash_policy",
      "idle_timeout",
      "access_log",
      "max_connect_attempts",
      "backoff_options",
      "max_downstream_connection_duration",
      "max_downstream_connection_duration_jitter_percentage",
      "access_log_flush_interval",
      "flush_access_log_on_connected",
      "access_log_options",
      "tunneling_config",
      "upstream_connect_mode",
      "max_early_data_bytes",
      "check_drain_close",
      "on_demand",
      "proxy_protocol_tlvs",
      "proxy_protocol_tlv_merge_policy",
    ],
    "envoy.config.core.v3.TlvEntry": ["type", "value", "format_string"],
    "envoy.config.core.v3.SubstitutionFormatString": [
      "text_format",
      "text_format_source",
      "json_format",
      "json_format_options",
      "omit_empty_values",
      "formatters",
      // Of replies: a TLV has no use for it in Envoy either.
      "content_type",
    ],
    [`${TCP_PROXY}.WeightedCluster`]: ["clusters"],
    [`${TCP_PROXY}.WeightedCluster.ClusterWeight`]: ["name", "weight", "metadata_match"],
    [`${TCP_PROXY}.TcpAccessLogOptions`]: ["*"],
    [`${TCP_PROXY}.TunnelingConfig`]: ["*"],
    "envoy.config.core.v3.HeaderValueOption": ["header", "append", "append_action", "keep_empty_value"],
    "envoy.config.core.v3.HeaderValue": ["key", "value"],
    [`${TCP_PROXY}.OnDemand`]: ["odcds_config", "timeout"],
    ...CONFIG_SOURCE_FIELDS,
    "envoy.config.core.v3.BackoffStrategy": ["*"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).tcpProxyFactory,
};
