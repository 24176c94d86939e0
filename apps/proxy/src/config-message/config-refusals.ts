import type { RefusalReasons } from "./refusal-words.ts";
import { ENVOY_NEITHER, GRPC_ONLY, NO_XDSTP, STREAMS_REOPEN } from "./refusal-words.ts";

const ANY_HOST = "the proxy's own calls go to whatever host is chosen anew";
const NO_SOCKET_OPTIONS = "Node cannot set arbitrary socket options";
const OF_CLIENTS = "concerns requests from clients; it stands in the connection manager's options";
const NO_METADATA_FRAMES = "METADATA frames are an extension that is off in Envoy as well";
const NO_SPECIFIERS = "there are no route specifiers built in";
const NO_INTERNAL_LISTENERS = "there are no listeners without a socket";
const NAMES_ONLY = "addresses are IP addresses or names for DNS; Envoy has no other resolvers either";
const HEAD_ALONE = "outlier detection is shown the response's head alone; in Envoy such a rule never holds";

/** Of `envoy.config`: bootstrap, listeners, routes, clusters, endpoints and what they share. */
export const CONFIG_REFUSALS: RefusalReasons = {
  "envoy.config.bootstrap.v3.Admin": {
    socket_options: NO_SOCKET_OPTIONS,
  },
  "envoy.config.bootstrap.v3.Bootstrap": {
    certificate_provider_instances: GRPC_ONLY,
    config_sources: NO_XDSTP,
    default_config_source: NO_XDSTP,
    default_socket_interface: "connections are Node's sockets",
    enable_dispatcher_stats: "the event loops are Node's, which count no such times",
    enable_worker_cpu_affinity: "Node does not pin its threads",
    fatal_actions: "nothing of the proxy runs once the process crashes",
    hds_config: "the proxy checks hosts for itself only",
    listener_manager: "Envoy has no other one for servers either",
    xds_config_tracker_extension: "there are none built in",
    xds_delegate_extension: "there are none built in",
  },
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources": {
    cds_resources_locator: NO_XDSTP,
    lds_resources_locator: NO_XDSTP,
  },
  "envoy.config.bootstrap.v3.Watchdog": {
    actions: "there are none built in",
  },
  "envoy.config.bootstrap.v3.ClusterManager.OutlierDetection": {
    event_service: ENVOY_NEITHER,
  },
  "envoy.config.cluster.v3.Cluster": {
    filters: "there are no network filters built in for connections to upstreams",
    upstream_config: "the protocol follows from HttpProtocolOptions and a route's connect_config",
  },
  "envoy.config.cluster.v3.OutlierDetection": {
    monitors: ENVOY_NEITHER,
  },
  "envoy.config.cluster.v3.UpstreamConnectionOptions": {
    set_local_interface_name_on_upstream_connections: "Node does not tell the interface of a connection",
  },
  "envoy.config.common.matcher.v3.MatchPredicate": {
    http_request_generic_body_match: HEAD_ALONE,
    http_request_headers_match: HEAD_ALONE,
    http_request_trailers_match: HEAD_ALONE,
    http_response_generic_body_match: HEAD_ALONE,
    http_response_trailers_match: HEAD_ALONE,
  },
  "envoy.config.core.v3.Address": {
    envoy_internal_address: NO_INTERNAL_LISTENERS,
  },
  "envoy.config.core.v3.ApiConfigSource": {
    config_validators: "configuration is checked as a whole before it is used",
  },
  "envoy.config.core.v3.BindConfig": {
    freebind: NO_SOCKET_OPTIONS,
    local_address_selector:
      "the first address of the endpoint's IP version is taken, as by Envoy's default selector",
    socket_options: NO_SOCKET_OPTIONS,
    validate_network_namespaces: "Node opens sockets in its own network namespace only",
  },
  "envoy.config.core.v3.ConfigSource": {
    authorities: NO_XDSTP,
    self: "nor is it in Envoy; name the source itself",
  },
  "envoy.config.core.v3.DnsResolverOptions": {
    use_tcp_for_dns_lookups: "Node's resolver asks over TCP only where an answer was cut short",
  },
  "envoy.config.core.v3.ExtraSourceAddress": {
    socket_options: NO_SOCKET_OPTIONS,
  },
  "envoy.config.core.v3.GrpcService": {
    google_grpc:
      "Google's gRPC library is no part of this proxy; use envoy_grpc with a cluster of that address and its TLS",
    retry_policy: STREAMS_REOPEN,
  },
  "envoy.config.core.v3.Http1ProtocolOptions": {
    accept_http_10: OF_CLIENTS,
    default_host_for_http_10: OF_CLIENTS,
  },
  "envoy.config.core.v3.Http2ProtocolOptions": {
    allow_metadata: NO_METADATA_FRAMES,
  },
  "envoy.config.core.v3.HttpProtocolOptions": {
    max_response_headers_kb: "concerns responses; it stands in the cluster's options",
  },
  "envoy.config.core.v3.PathConfigSource": {
    poll_interval: "files are watched, and looked at again now and then",
  },
  "envoy.config.core.v3.Pipe": {
    mode: "concerns listeners",
  },
  "envoy.config.core.v3.RetryPolicy": {
    retry_host_predicate: ANY_HOST,
    retry_priority: ANY_HOST,
  },
  "envoy.config.core.v3.SocketAddress": {
    named_port: NAMES_ONLY,
    network_namespace_filepath: "Node opens sockets in its own network namespace only",
    resolver_name: NAMES_ONLY,
  },
  "envoy.config.core.v3.TlvEntry": {
    format_string:
      "a connection to an upstream is for many requests, so its TLVs have fixed values; those of tcp_proxy need not",
  },
  "envoy.config.endpoint.v3.LocalityLbEndpoints": {
    leds_cluster_locality_config: `Envoy takes such endpoints from collections alone, not by plain names; ${NO_XDSTP}`,
  },
  "envoy.config.listener.v3.Listener": {
    api_listener: "of Envoy Mobile",
    enable_mptcp: "Node opens sockets of plain TCP only",
    fcds_config: ENVOY_NEITHER,
    internal_listener: NO_INTERNAL_LISTENERS,
  },
  "envoy.config.listener.v3.Listener.ConnectionBalanceConfig": {
    cpu_locality_balance: "Node does not tell on which processor a connection came in",
    extend_balance: "there are no other balancers built in",
  },
  "envoy.config.metrics.v3.StatsConfig": {
    allow_default_tag_overrides:
      "a tag's own rule comes behind the usual one of its name, as in Envoy by default",
  },
  "envoy.config.route.v3.RetryPolicy": {
    retry_options_predicates: "there are none built in, nor in Envoy",
  },
  "envoy.config.route.v3.Route": {
    route_specifiers: NO_SPECIFIERS,
  },
  "envoy.config.route.v3.RouteAction": {
    retry_policy_typed_config: ENVOY_NEITHER,
  },
  "envoy.config.route.v3.RouteConfiguration": {
    route_specifiers: NO_SPECIFIERS,
  },
  "envoy.config.route.v3.VirtualHost": {
    retry_policy_typed_config: ENVOY_NEITHER,
    route_specifiers: NO_SPECIFIERS,
  },
  "envoy.config.trace.v3.OpenTelemetryConfig": {
    exporter: ENVOY_NEITHER,
    max_cache_size: "what waits for the exporter is bounded by its bytes",
  },
};
