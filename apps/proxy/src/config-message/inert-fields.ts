import type { DescField } from "@bufbuild/protobuf";
import type { RefusalReasons } from "./refusal-words.ts";
import { ENVOY_NEITHER, STREAMS_REOPEN } from "./refusal-words.ts";

const OF_SERVERS = "concerns requests from clients; what the connection manager has of it is in force";
const OF_QUIC = "of HTTP/3, which a listener of TCP does not speak";

const DNS = "envoy.extensions.network.dns_resolver";
const OF_CARES = "of the sockets of c-ares, Envoy's library";

/**
 * Fields that Envoy takes without doing anything about them, where a table does not call them built. They are taken here, too: a
 * configuration that Envoy runs is run with the same outcome. The text says why there is nothing to do; it stands in
 * docs/compatibility.md.
 */
const INERT: RefusalReasons = {
  "envoy.config.bootstrap.v3.Bootstrap": {
    deferred_stat_options:
      "saves Envoy the room of stats that nothing counts; all are listed here from the start",
    grpc_async_client_manager_config:
      "of Envoy's cache of gRPC clients; one lasts here as long as what uses it",
    memory_allocator_manager: "of Envoy's allocator",
    node_context_params: "part of xdstp:// names alone",
    perf_tracing_file_path: "of builds of Envoy for its developers",
    stats_eviction_interval: "of stats that extensions let go of; none that is built does",
  },
  "envoy.config.cluster.v3.Cluster": {
    lrs_server: "Envoy reports what the server asks for by `load_stats_config`, whatever a cluster says",
  },
  "envoy.config.core.v3.DataSource": {
    watched_directory:
      "files of secrets are watched by their own directories, or by the `watched_directory` of what holds them",
  },
  "envoy.config.core.v3.GrpcService": {
    timeout: "streams of the proxy's own have no end; Envoy looks at it for single calls alone",
  },
  "envoy.config.core.v3.HeaderValue": {
    raw_value: "Envoy does not read it in configuration; `value` is in force",
  },
  "envoy.config.core.v3.HealthCheck": {
    alt_port: ENVOY_NEITHER,
    event_service: ENVOY_NEITHER,
  },
  "envoy.config.core.v3.Http1ProtocolOptions": {
    allow_absolute_url: OF_SERVERS,
    allow_custom_methods: OF_SERVERS,
    ignore_http_11_upgrade: OF_SERVERS,
    override_stream_error_on_invalid_http_message: OF_SERVERS,
    use_balsa_parser:
      "chooses between two parsers of Envoy's; the strict one is its usual one, and there is no laxer one here",
    send_fully_qualified_url: "concerns requests to upstreams; what the cluster has of it is in force",
  },
  "envoy.config.core.v3.Http2ProtocolOptions": {
    disallow_obs_text: "without effect on the codec that Envoy takes by default",
    max_metadata_size: "of METADATA frames, which `allow_metadata` would have to allow",
    use_oghttp2_codec: "chooses between two codecs of Envoy's for the same protocol",
  },
  "envoy.config.core.v3.ProxyProtocolConfig": {
    added_tlvs: "in this place Envoy reads the version alone",
    pass_through_tlvs: "in this place Envoy reads the version alone",
  },
  "envoy.config.core.v3.RetryPolicy": {
    host_selection_retry_max_attempts: "the proxy's own calls have no predicates for hosts",
    num_retries: STREAMS_REOPEN,
    retry_on: STREAMS_REOPEN,
  },
  "envoy.config.endpoint.v3.LocalityLbEndpoints": {
    load_balancer_endpoints: ENVOY_NEITHER,
    proximity: ENVOY_NEITHER,
  },
  "envoy.config.listener.v3.Listener": {
    reuse_port: "Envoy reads `enable_reuse_port` alone",
    udp_listener_config: "of listeners of UDP",
  },
  "envoy.config.metrics.v3.HistogramBucketSettings": {
    bins: "how many a histogram begins with; here all are there from the start",
  },
  "envoy.config.rbac.v3.RBAC": {
    audit_logging_options: ENVOY_NEITHER,
  },
  "envoy.config.route.v3.RouteAction": {
    early_data_policy: "data goes ahead of a handshake over HTTP/3 alone",
  },
  "envoy.config.route.v3.HedgePolicy": {
    additional_request_chance: ENVOY_NEITHER,
    initial_requests: ENVOY_NEITHER,
  },
  "envoy.extensions.bootstrap.internal_listener.v3.InternalListener": {
    buffer_size_kb: "of listeners without a socket, which are refused",
  },
  "envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue": {
    read_only: "Envoy sets such objects again, too",
  },
  "envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute": {
    override_option: ENVOY_NEITHER,
  },
  "envoy.extensions.filters.http.set_metadata.v3.Metadata": {
    typed_value: "nothing that is built reads metadata that is no Struct",
  },
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector": {
    initial_read_buffer_size: "what has come is read at once, whatever its size",
  },
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": {
    http3_protocol_options: OF_QUIC,
    path_normalization_options: ENVOY_NEITHER,
    represent_ipv4_remote_address_as_ipv4_mapped_ipv6: ENVOY_NEITHER,
  },
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing": {
    verbose: "OpenTelemetry's spans have no such log in Envoy either",
  },
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": {
    downstream_idle_timeout: "Envoy does not read it; `idle_timeout` is in force",
    upstream_idle_timeout: "Envoy does not read it; `idle_timeout` is in force",
  },
  "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport": {
    allow_unspecified_address: ENVOY_NEITHER,
    tlv_as_pool_key: ENVOY_NEITHER,
  },
  [`${DNS}.cares.v3.CaresDnsResolverConfig`]: {
    edns0_max_payload_size: OF_CARES,
    max_udp_channel_duration: OF_CARES,
    reinit_channel_on_timeout: OF_CARES,
    udp_max_queries: OF_CARES,
  },
  [`${DNS}.getaddrinfo.v3.GetAddrInfoDnsResolverConfig`]: {
    num_resolver_threads: "the threads are Node's (environment variable UV_THREADPOOL_SIZE)",
  },
  "envoy.extensions.transport_sockets.tls.v3.TlsCertificate": {
    signed_certificate_timestamp: ENVOY_NEITHER,
  },
};

/** Why a field is taken without effect; undefined: it is not. */
export function inertReason(field: DescField): string | undefined {
  return INERT[field.parent.typeName]?.[field.name];
}
