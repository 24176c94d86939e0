import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import { disallowed_by_default } from "@sluice/xds/gen/envoy/annotations/deprecation_pb.js";

const TLS = "envoy.extensions.transport_sockets.tls.v3";
const DNS = "envoy.extensions.network.dns_resolver";
const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const HCM = "envoy.extensions.filters.network.http_connection_manager.v3";
const TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

const ENVOY_NEITHER = "Envoy has not built it either";
const NO_DNS_SETTING = "Node's resolver has no such setting";
const NO_SOCKET_OPTIONS = "Node cannot set arbitrary socket options";
const NO_XDSTP = "resources are known by plain names, not by xdstp:// ones";
const GRPC_ONLY = "of gRPC's own clients; Envoy parses it and does nothing about it";
const OF_CLIENTS = "concerns requests from clients; it stands in the connection manager's options";
const NO_METADATA_FRAMES = "METADATA frames are an extension that is off in Envoy as well";
const OF_ENVOYS_CODEC = "of a codec of Envoy's";
const STREAMS_REOPEN = "the proxy's own streams are opened again, with back-off, for as long as it takes";
const NO_HTTP3 = "HTTP/3 is not spoken to upstreams";
const NO_LOAD_REPORTS = "the proxy reports no load by LRS; the metrics service tells the same figures";
const NO_SPECIFIERS = "there are no route specifiers built in";
const ONE_CHOICE_OF_STATS = "which stats there are is said once, by the bootstrap's stats_config";
const SLOW_READERS = "who does not read is ended by idle and stream timeouts";
const NO_INTERNAL_LISTENERS = "there are no listeners without a socket";
const NO_OOB = "load is heard with responses, not on a stream beside them";
const NAMES_ONLY = "addresses are IP addresses or names for DNS; Envoy has no other resolvers either";
const HEAD_ALONE = "outlier detection is shown the response's head alone; in Envoy such a rule never holds";
const TEXT_STATE = "filter state holds texts, which %FILTER_STATE()% prints in attributes and tags";

/**
 * Why a field of Envoy's API is refused, by its message and name. The reason ends the refusal's message and stands in
 * docs/compatibility.md below the table of the field's message.
 */
const REASONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [`${DNS}.cares.v3.CaresDnsResolverConfig`]: {
    edns0_max_payload_size: NO_DNS_SETTING,
    filter_unroutable_families: NO_DNS_SETTING,
    max_udp_channel_duration: NO_DNS_SETTING,
    qcache_max_ttl: NO_DNS_SETTING,
    reinit_channel_on_timeout: NO_DNS_SETTING,
    rotate_nameservers: NO_DNS_SETTING,
    udp_max_queries: NO_DNS_SETTING,
    use_resolvers_as_fallback: "with resolvers of its own a cluster's names are asked of these alone",
  },
  [`${DNS}.getaddrinfo.v3.GetAddrInfoDnsResolverConfig`]: {
    num_resolver_threads: "the threads are Node's (environment variable UV_THREADPOOL_SIZE)",
    num_retries: "a name that was not found is asked for again after dns_failure_refresh_rate",
  },
  [`${HCM}.HttpConnectionManager`]: {
    add_proxy_protocol_connection_state: "requests are forwarded with the addresses of their connection",
    http3_protocol_options: "listeners take TCP connections only",
    path_normalization_options: ENVOY_NEITHER,
    record_route_resolution_stats: "how long routing takes is not measured per request",
    represent_ipv4_remote_address_as_ipv4_mapped_ipv6: ENVOY_NEITHER,
    typed_header_validation_config: ENVOY_NEITHER,
  },
  [`${HCM}.HttpConnectionManager.Tracing`]: {
    verbose: "OpenTelemetry's spans have no such log in Envoy either",
  },
  [`${HCM}.HttpFilter`]: {
    config_discovery: "filters for upstreams are configured in place",
  },
  [`${HCM}.ScopedRds`]: {
    srds_resources_locator: NO_XDSTP,
  },
  [HTTP_OPTIONS]: {
    header_validation_config: ENVOY_NEITHER,
  },
  [`${HTTP_OPTIONS}.AutoHttpConfig`]: {
    alternate_protocols_cache_options: NO_HTTP3,
    http3_protocol_options: NO_HTTP3,
  },
  [`${HTTP_OPTIONS}.ExplicitHttpConfig`]: {
    http3_protocol_options: NO_HTTP3,
  },
  [`${HTTP_OPTIONS}.UseDownstreamHttpConfig`]: {
    http3_protocol_options: NO_HTTP3,
  },
  [TCP_PROXY]: {
    downstream_idle_timeout: "Envoy does not read it either; use idle_timeout",
    upstream_idle_timeout: "Envoy does not read it either; use idle_timeout",
  },
  [`${TCP_PROXY}.OnDemand`]: {
    resources_locator: NO_XDSTP,
  },
  [`${TLS}.CertificateValidationContext`]: {
    ca_certificate_provider_instance: GRPC_ONLY,
    custom_validator_config: "certificates are verified by node:tls; there are no other validators",
    only_verify_leaf_cert_crl: "node:tls checks every certificate of a chain against the CRLs",
    require_signed_certificate_timestamp: ENVOY_NEITHER,
    suppress_client_ca_list: "node:tls names every certificate that it trusts to clients",
    system_root_certs: GRPC_ONLY,
  },
  [`${TLS}.CommonTlsContext`]: {
    custom_handshaker: "node:tls has one handshake, OpenSSL's",
    custom_tls_certificate_selector:
      "certificates are selected as by Envoy's usual selector; there are no others",
    tls_certificate_provider_instance: GRPC_ONLY,
  },
  [`${TLS}.TlsCertificate`]: {
    private_key_provider: "node:tls signs with keys in memory only",
    signed_certificate_timestamp: ENVOY_NEITHER,
  },
  "envoy.config.bootstrap.v3.Admin": {
    socket_options: NO_SOCKET_OPTIONS,
  },
  "envoy.config.bootstrap.v3.Bootstrap": {
    bootstrap_extensions: "there are none built in",
    certificate_provider_instances: GRPC_ONLY,
    config_sources: NO_XDSTP,
    default_config_source: NO_XDSTP,
    default_socket_interface: "connections are Node's sockets",
    deferred_stat_options: "stats that nothing has counted take no room as it is",
    enable_dispatcher_stats: "the event loops are Node's, which count no such times",
    enable_worker_cpu_affinity: "Node does not pin its threads",
    fatal_actions: "nothing of the proxy runs once the process crashes",
    grpc_async_client_manager_config: "a gRPC client lasts as long as what uses it",
    hds_config: "the proxy checks hosts for itself only",
    header_prefix: "the names of x-envoy- headers are fixed",
    inline_headers: "of Envoy's storage for headers; all are found by name here",
    listener_manager: "Envoy has no other one for servers either",
    memory_allocator_manager: "V8 decides when memory goes back",
    node_context_params: NO_XDSTP,
    perf_tracing_file_path: "profiles are V8's",
    stats_eviction_interval: "stats last as long as the configuration that has them",
    typed_dns_resolver_config: "name servers are configured per cluster",
    watchdogs: "a thread that hangs is not ended: what it holds would be lost with it",
    xds_config_tracker_extension: "there are none built in",
    xds_delegate_extension: "there are none built in",
  },
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources": {
    cds_resources_locator: NO_XDSTP,
    lds_resources_locator: NO_XDSTP,
  },
  "envoy.config.bootstrap.v3.ClusterManager": {
    load_stats_config: NO_LOAD_REPORTS,
  },
  "envoy.config.bootstrap.v3.ClusterManager.OutlierDetection": {
    event_service: ENVOY_NEITHER,
  },
  "envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget": {
    budget_interval: "the budget goes by the requests that are under way or wait",
  },
  "envoy.config.cluster.v3.Cluster": {
    filters: "there are no network filters built in for connections to upstreams",
    lrs_report_endpoint_metrics: NO_LOAD_REPORTS,
    lrs_server: ENVOY_NEITHER,
    per_connection_buffer_high_watermark_timeout: SLOW_READERS,
    queuing_policies: "requests wait in the order in which they came",
    stats_matcher: ONE_CHOICE_OF_STATS,
    transport_socket_matcher:
      "transport sockets are chosen by the endpoint's metadata: transport_socket_matches",
    upstream_config: "the protocol follows from HttpProtocolOptions and a route's connect_config",
  },
  "envoy.config.cluster.v3.OutlierDetection": {
    detect_degraded_hosts: "hosts are degraded by health checks and by EDS, not by single responses",
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
  "envoy.config.core.v3.DataSource": {
    watched_directory:
      "secrets' files are watched by their own directories, or by the `watched_directory` of what holds them",
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
    timeout: "streams of configuration have no end of their own",
  },
  "envoy.config.core.v3.HeaderValue": {
    raw_value: "Envoy does not read it in configuration either; use value",
  },
  "envoy.config.core.v3.HealthCheck": {
    custom_health_check: "there are none built in",
    event_service: ENVOY_NEITHER,
    name: "a cluster has one health check, whose stats need no name",
  },
  "envoy.config.core.v3.Http1ProtocolOptions": {
    accept_http_10: OF_CLIENTS,
    allow_absolute_url: OF_CLIENTS,
    allow_custom_methods: OF_CLIENTS,
    default_host_for_http_10: OF_CLIENTS,
    ignore_http_11_upgrade: OF_CLIENTS,
    override_stream_error_on_invalid_http_message: OF_CLIENTS,
    send_fully_qualified_url: "concerns requests to upstreams; it stands in the cluster's options",
  },
  "envoy.config.core.v3.Http2ProtocolOptions": {
    allow_metadata: NO_METADATA_FRAMES,
    disallow_obs_text: OF_ENVOYS_CODEC,
    enable_huffman_encoding: "texts are Huffman-coded where that is shorter",
    max_header_field_size_kb: OF_ENVOYS_CODEC,
    max_metadata_size: NO_METADATA_FRAMES,
    stream_reset_burst: OF_ENVOYS_CODEC,
    stream_reset_rate: OF_ENVOYS_CODEC,
    use_oghttp2_codec: "chooses between codecs of Envoy's",
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
  "envoy.config.core.v3.ProxyProtocolConfig": {
    added_tlvs: "in this place Envoy, too, reads the version alone",
    pass_through_tlvs: "in this place Envoy, too, reads the version alone",
  },
  "envoy.config.core.v3.RetryPolicy": {
    host_selection_retry_max_attempts: STREAMS_REOPEN,
    num_retries: STREAMS_REOPEN,
    retry_host_predicate: STREAMS_REOPEN,
    retry_on: STREAMS_REOPEN,
    retry_priority: STREAMS_REOPEN,
  },
  "envoy.config.core.v3.SocketAddress": {
    named_port: NAMES_ONLY,
    network_namespace_filepath: "Node opens sockets in its own network namespace only",
    resolver_name: NAMES_ONLY,
  },
  "envoy.config.core.v3.TlvEntry": {
    format_string: "a connection is for many requests, so its TLVs have fixed values",
  },
  "envoy.config.endpoint.v3.Endpoint": {
    observability_name: "an endpoint's stats are known by its address",
  },
  "envoy.config.endpoint.v3.LocalityLbEndpoints": {
    leds_cluster_locality_config: "endpoints come by EDS as a whole",
    metadata: "nothing that is built reads it",
    proximity: ENVOY_NEITHER,
  },
  "envoy.config.listener.v3.AdditionalAddress": {
    socket_options: NO_SOCKET_OPTIONS,
  },
  "envoy.config.listener.v3.Listener": {
    api_listener: "of Envoy Mobile",
    enable_mptcp: "Node opens sockets of plain TCP only",
    fcds_config: ENVOY_NEITHER,
    internal_listener: NO_INTERNAL_LISTENERS,
    per_connection_buffer_high_watermark_timeout: SLOW_READERS,
    stats_matcher: ONE_CHOICE_OF_STATS,
    udp_listener_config: "listeners take TCP connections only",
    use_original_dst: "the address before a redirection (SO_ORIGINAL_DST) cannot be read from Node sockets",
  },
  "envoy.config.metrics.v3.HistogramBucketSettings": {
    bins: "histograms have all their bins from the start",
  },
  "envoy.config.metrics.v3.StatsConfig": {
    allow_default_tag_overrides:
      "a tag's own rule comes behind the usual one of its name, as in Envoy by default",
  },
  "envoy.config.overload.v3.OverloadAction": {
    typed_config: "of actions that are not built",
  },
  "envoy.config.overload.v3.OverloadManager": {
    buffer_factory_config: "memory is V8's, which does not tell whose it is",
    loadshed_points: "load is shed by actions, which cover listeners, connections and requests",
  },
  "envoy.config.route.v3.HedgePolicy": {
    additional_request_chance: ENVOY_NEITHER,
    initial_requests: ENVOY_NEITHER,
  },
  "envoy.config.route.v3.RetryPolicy": {
    refresh_cluster_on_retry: "a request stays with the cluster that its route chose",
    retry_options_predicates: "there are none built in, nor in Envoy",
  },
  "envoy.config.route.v3.Route": {
    filter_action: ENVOY_NEITHER,
    route_specifiers: NO_SPECIFIERS,
  },
  "envoy.config.route.v3.RouteAction": {
    early_data_policy: "node:tls has no early data",
    flush_timeout: "the connection manager's stream_flush_timeout holds for all of its routes",
    retry_policy_typed_config: ENVOY_NEITHER,
  },
  "envoy.config.route.v3.RouteAction.RequestMirrorPolicy": {
    trace_sampled: "copies have no spans of their own",
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
  "envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig": {
    filter_state_objects_to_log: TEXT_STATE,
    grpc_stream_retry_policy: STREAMS_REOPEN,
  },
  "envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig": {
    filter_state_objects_to_log: TEXT_STATE,
  },
  "envoy.extensions.compression.zstd.compressor.v3.Zstd": {
    dictionary: "bodies are compressed by zstd's usual means alone",
  },
  "envoy.extensions.compression.zstd.decompressor.v3.Zstd": {
    dictionaries: "bodies are decompressed by zstd's usual means alone",
  },
  "envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue": {
    shared_with_upstream:
      "what connections to upstreams read of filter state they read whether it is shared or not",
  },
  "envoy.extensions.filters.http.header_to_metadata.v3.Config": {
    stat_prefix: "the filter counts nothing",
  },
  "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit": {
    local_cluster_rate_limit:
      "a bucket is one proxy's; share it by the number of proxies in the configuration",
  },
  "envoy.extensions.filters.http.on_demand.v3.OnDemandCds": {
    resources_locator: NO_XDSTP,
  },
  "envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions": {
    upstream_log_flush_interval: "tries are logged when they end, or when their stream begins",
  },
  "envoy.extensions.filters.http.set_metadata.v3.Metadata": {
    typed_value: "filters read metadata that is a Struct",
  },
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector": {
    initial_read_buffer_size: "what has come is read at once, whatever its size",
  },
  "envoy.extensions.filters.network.set_filter_state.v3.Config": {
    on_downstream_data: "values are set when the connection is new",
    on_downstream_tls_handshake: "values are set when the connection is new",
  },
  "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin":
    {
      enable_oob_load_report: NO_OOB,
      oob_reporting_config: NO_OOB,
      oob_reporting_period: NO_OOB,
    },
  "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport": {
    allow_unspecified_address: ENVOY_NEITHER,
    tlv_as_pool_key: ENVOY_NEITHER,
  },
};

/** The reason for refusing a field: from the list, or from the field's own annotations. */
export function refusalReason(field: DescField): string | undefined {
  const listed = REASONS[field.parent.typeName]?.[field.name];
  if (listed !== undefined || !field.deprecated) return listed;
  const disallowed = hasOption(field, disallowed_by_default) && getOption(field, disallowed_by_default);
  return disallowed ? "deprecated, and refused by Envoy as well" : "deprecated in Envoy";
}
