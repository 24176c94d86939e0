import type { SupportedFields } from "./refuse-unsupported-fields.ts";

/** What of the bootstrap has an effect; listeners and clusters are judged by their managers. */
export const BOOTSTRAP_SUPPORTED_FIELDS: SupportedFields = {
  "envoy.config.bootstrap.v3.Bootstrap": [
    "node",
    "static_resources",
    "dynamic_resources",
    "stats_sinks",
    "stats_flush_interval",
    "layered_runtime",
    "admin",
    "cluster_manager",
  ],
  "envoy.config.bootstrap.v3.ClusterManager": ["local_cluster_name"],
  "envoy.config.bootstrap.v3.Bootstrap.StaticResources": ["listeners", "clusters"],
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources": ["ads_config", "lds_config", "cds_config"],
  "envoy.config.core.v3.ApiConfigSource": [
    "api_type",
    "transport_api_version",
    "grpc_services",
    "set_node_on_first_message_only",
  ],
  "envoy.config.core.v3.GrpcService": ["envoy_grpc", "initial_metadata"],
  "envoy.config.core.v3.GrpcService.EnvoyGrpc": ["cluster_name", "authority"],
  "envoy.config.core.v3.ConfigSource": ["ads", "resource_api_version", "initial_fetch_timeout"],
  "envoy.config.bootstrap.v3.Admin": ["address"],
  "envoy.config.bootstrap.v3.LayeredRuntime": ["layers"],
  "envoy.config.bootstrap.v3.RuntimeLayer": ["name", "static_layer", "admin_layer"],
  "envoy.config.metrics.v3.StatsSink": ["name", "typed_config"],
};
