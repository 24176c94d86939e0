import type { ResourceKind } from "../contract.ts";

/**
 * The fields of Envoy's API that name another resource, by message: `field: kind`. Found by reading every string field of
 * the 1.40 API whose name speaks of a cluster, and those by which RDS, EDS and SDS are asked for.
 */
export const REFERENCE_FIELDS: Readonly<Record<string, Readonly<Record<string, ResourceKind>>>> = {
  "envoy.config.route.v3.RouteAction": { cluster: "clusters" },
  "envoy.config.route.v3.RouteAction.RequestMirrorPolicy": { cluster: "clusters" },
  "envoy.config.route.v3.WeightedCluster.ClusterWeight": { name: "clusters" },
  "envoy.config.core.v3.HttpUri": { cluster: "clusters" },
  "envoy.config.core.v3.GrpcService.EnvoyGrpc": { cluster_name: "clusters" },
  "envoy.config.core.v3.ApiConfigSource": { cluster_names: "clusters" },
  "envoy.config.metrics.v3.StatsdSink": { tcp_cluster_name: "clusters" },
  "envoy.config.trace.v3.DatadogConfig": { collector_cluster: "clusters" },
  "envoy.config.trace.v3.LightstepConfig": { collector_cluster: "clusters" },
  "envoy.config.trace.v3.ZipkinConfig": { collector_cluster: "clusters" },
  "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig": { cluster: "clusters" },
  "envoy.extensions.clusters.aggregate.v3.ClusterConfig": { clusters: "clusters" },
  "envoy.extensions.clusters.composite.v3.ClusterConfig.ClusterEntry": { name: "clusters" },
  "envoy.extensions.clusters.mcp_multicluster.v3.ClusterConfig.McpCluster": { cluster: "clusters" },
  "envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig": { cluster: "clusters" },
  "envoy.extensions.filters.http.mcp_router.v3.McpRouter.McpCluster": { cluster: "clusters" },
  "envoy.extensions.filters.network.dubbo_proxy.v3.RouteAction": { cluster: "clusters" },
  "envoy.extensions.filters.network.generic_proxy.action.v3.RouteAction": { cluster: "clusters" },
  "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route": { cluster: "clusters" },
  "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.ReadCommandPolicy": {
    cluster: "clusters",
  },
  "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.RequestMirrorPolicy": {
    cluster: "clusters",
  },
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": { cluster: "clusters" },
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight": {
    name: "clusters",
  },
  "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction": { cluster: "clusters" },
  "envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.RequestMirrorPolicy": { cluster: "clusters" },
  "envoy.extensions.filters.network.thrift_proxy.v3.WeightedCluster.ClusterWeight": { name: "clusters" },
  "envoy.extensions.filters.udp.udp_proxy.v3.Route": { cluster: "clusters" },
  "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig": { cluster: "clusters" },
  "envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig": { default_cluster: "clusters" },
  "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction": { cluster: "clusters" },
  "envoy.extensions.router.cluster_specifiers.priority_group.v3.ClusterWeight": { cluster_name: "clusters" },
  "envoy.extensions.tracers.fluentd.v3.FluentdConfig": { cluster: "clusters" },
  "envoy.extensions.filters.network.http_connection_manager.v3.Rds": { route_config_name: "routes" },
  "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig": { name: "secrets" },
};
