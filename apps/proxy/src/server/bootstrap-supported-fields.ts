import { BIND_CONFIG_FIELDS } from "../cluster/cluster-supported-fields.ts";
import type { SupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { OVERLOAD_SUPPORTED_FIELDS } from "../overload/overload-manager.ts";
import { WATCHDOG_SUPPORTED_FIELDS } from "../watchdog/watchdogs.ts";
import { CONFIG_SOURCE_FIELDS } from "../xds/config-source.ts";

/** What of the bootstrap has an effect; listeners and clusters are judged by their managers. */
export const BOOTSTRAP_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.config.bootstrap.v3.Bootstrap": [
    "node",
    "static_resources",
    "dynamic_resources",
    "stats_sinks",
    "stats_flush_interval",
    "stats_flush_on_admin",
    "stats_config",
    "application_log_config",
    "default_regex_engine",
    "layered_runtime",
    "admin",
    "cluster_manager",
    "overload_manager",
    "watchdogs",
    "watchdog",
    "tracing",
    "typed_dns_resolver_config",
    "dns_resolution_config",
    "flags_path",
    "header_prefix",
    "inline_headers",
    "stats_server_version_override",
    "bootstrap_extensions",
  ],
  // What may stand in `bootstrap_extensions`.
  "envoy.extensions.bootstrap.internal_listener.v3.InternalListener": [],
  "envoy.config.bootstrap.v3.CustomInlineHeader": ["*"],
  "envoy.config.trace.v3.Tracing": ["http"],
  "envoy.config.bootstrap.v3.ClusterManager": [
    "local_cluster_name",
    "outlier_detection",
    "upstream_bind_config",
    "load_stats_config",
    // Workers always make a cluster when a request first asks for it.
    "enable_deferred_cluster_creation",
  ],
  "envoy.config.bootstrap.v3.ClusterManager.OutlierDetection": ["event_log_path"],
  ...BIND_CONFIG_FIELDS,
  "envoy.config.core.v3.DnsResolutionConfig": ["resolvers", "dns_resolver_options"],
  "envoy.config.core.v3.DnsResolverOptions": ["no_default_search_domain"],
  "envoy.config.bootstrap.v3.Bootstrap.StaticResources": ["listeners", "clusters", "secrets"],
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources": ["ads_config", "lds_config", "cds_config"],
  ...CONFIG_SOURCE_FIELDS,
  ...OVERLOAD_SUPPORTED_FIELDS,
  ...WATCHDOG_SUPPORTED_FIELDS,
  "envoy.config.bootstrap.v3.Admin": [
    "address",
    "access_log",
    "access_log_path",
    "profile_path",
    "allow_paths",
    // Its connections never count.
    "ignore_global_conn_limit",
  ],
  "envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig": ["log_format"],
  "envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig.LogFormat": ["text_format", "json_format"],
  "envoy.config.metrics.v3.StatsConfig": [
    "stats_tags",
    "use_all_default_tags",
    "stats_matcher",
    "histogram_bucket_settings",
  ],
  "envoy.config.metrics.v3.TagSpecifier": ["tag_name", "regex", "fixed_value"],
  "envoy.config.metrics.v3.HistogramBucketSettings": ["match", "buckets"],
  "envoy.config.bootstrap.v3.LayeredRuntime": ["layers"],
  "envoy.config.bootstrap.v3.RuntimeLayer": [
    "name",
    "static_layer",
    "disk_layer",
    "admin_layer",
    "rtds_layer",
  ],
  "envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer": ["name", "rtds_config"],
  "envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer": [
    "symlink_root",
    "subdirectory",
    "append_service_cluster",
  ],
  "envoy.config.metrics.v3.StatsSink": ["name", "typed_config"],
};
