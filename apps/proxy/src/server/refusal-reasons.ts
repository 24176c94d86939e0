import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import { disallowed_by_default } from "@sluice/xds/gen/envoy/annotations/deprecation_pb.js";

const TLS = "envoy.extensions.transport_sockets.tls.v3";
const DNS = "envoy.extensions.network.dns_resolver";
const ENVOY_NEITHER = "Envoy has not built it either";
const NO_DNS_SETTING = "Node's resolver has no such setting";
const NO_SOCKET_OPTIONS = "Node cannot set arbitrary socket options";
const NO_XDSTP = "resources are known by plain names, not by xdstp:// ones";
const GRPC_ONLY = "of gRPC's own clients; Envoy parses it and does nothing about it";

/**
 * Why a field of Envoy's API is refused, by `full.message.Name.field`. The reason ends the
 * refusal's message and stands in docs/compatibility.md below the table of the field's message.
 */
const REASONS: Readonly<Record<string, string>> = {
  "envoy.config.core.v3.HeaderValue.raw_value": "Envoy does not read it in configuration either; use value",
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.downstream_idle_timeout":
    "Envoy does not read it either; use idle_timeout",
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.upstream_idle_timeout":
    "Envoy does not read it either; use idle_timeout",
  "envoy.config.bootstrap.v3.Admin.socket_options": NO_SOCKET_OPTIONS,
  "envoy.config.bootstrap.v3.Bootstrap.config_sources": NO_XDSTP,
  "envoy.config.bootstrap.v3.Bootstrap.default_config_source": NO_XDSTP,
  "envoy.config.bootstrap.v3.Bootstrap.default_socket_interface": "connections are Node's sockets",
  "envoy.config.bootstrap.v3.Bootstrap.enable_worker_cpu_affinity": "Node does not pin its threads",
  "envoy.config.bootstrap.v3.Bootstrap.fatal_actions": "nothing of the proxy runs once the process crashes",
  "envoy.config.bootstrap.v3.Bootstrap.memory_allocator_manager": "V8 decides when memory goes back",
  "envoy.config.bootstrap.v3.Bootstrap.perf_tracing_file_path": "profiles are V8's",
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources.cds_resources_locator": NO_XDSTP,
  "envoy.config.bootstrap.v3.Bootstrap.DynamicResources.lds_resources_locator": NO_XDSTP,
  "envoy.config.core.v3.ApiConfigSource.config_validators":
    "configuration is checked as a whole before it is used",
  "envoy.config.core.v3.BindConfig.freebind": NO_SOCKET_OPTIONS,
  "envoy.config.core.v3.BindConfig.socket_options": NO_SOCKET_OPTIONS,
  "envoy.config.core.v3.ConfigSource.authorities": NO_XDSTP,
  "envoy.config.core.v3.ConfigSource.self": "nor is it in Envoy; name the source itself",
  "envoy.config.core.v3.DataSource.watched_directory":
    "secrets' files are watched by their own directories, or by the `watched_directory` of what holds them",
  "envoy.config.core.v3.DnsResolverOptions.use_tcp_for_dns_lookups":
    "Node's resolver asks over TCP only where an answer was cut short",
  "envoy.config.core.v3.ExtraSourceAddress.socket_options": NO_SOCKET_OPTIONS,
  "envoy.config.core.v3.GrpcService.google_grpc":
    "Google's gRPC library is no part of this proxy; use envoy_grpc with a cluster of that address and its TLS",
  "envoy.config.core.v3.HealthCheck.event_service": ENVOY_NEITHER,
  "envoy.config.core.v3.Http2ProtocolOptions.use_oghttp2_codec": "chooses between codecs of Envoy's",
  "envoy.config.core.v3.SocketAddress.network_namespace_filepath":
    "Node opens sockets in its own network namespace only",
  "envoy.config.endpoint.v3.LocalityLbEndpoints.proximity": ENVOY_NEITHER,
  "envoy.config.listener.v3.AdditionalAddress.socket_options": NO_SOCKET_OPTIONS,
  "envoy.extensions.filters.http.on_demand.v3.OnDemandCds.resources_locator": NO_XDSTP,
  "envoy.extensions.filters.network.http_connection_manager.v3.ScopedRds.srds_resources_locator": NO_XDSTP,
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.OnDemand.resources_locator": NO_XDSTP,
  "envoy.config.listener.v3.Listener.enable_mptcp": "Node opens sockets of plain TCP only",
  "envoy.config.trace.v3.OpenTelemetryConfig.max_cache_size":
    "what waits for the exporter is bounded by its bytes",
  [`${DNS}.cares.v3.CaresDnsResolverConfig.edns0_max_payload_size`]: NO_DNS_SETTING,
  [`${DNS}.cares.v3.CaresDnsResolverConfig.max_udp_channel_duration`]: NO_DNS_SETTING,
  [`${DNS}.cares.v3.CaresDnsResolverConfig.qcache_max_ttl`]: NO_DNS_SETTING,
  [`${DNS}.cares.v3.CaresDnsResolverConfig.reinit_channel_on_timeout`]: NO_DNS_SETTING,
  [`${DNS}.cares.v3.CaresDnsResolverConfig.rotate_nameservers`]: NO_DNS_SETTING,
  [`${DNS}.cares.v3.CaresDnsResolverConfig.udp_max_queries`]: NO_DNS_SETTING,
  [`${DNS}.getaddrinfo.v3.GetAddrInfoDnsResolverConfig.num_resolver_threads`]:
    "the threads are Node's (environment variable UV_THREADPOOL_SIZE)",
  [`${TLS}.CertificateValidationContext.ca_certificate_provider_instance`]: GRPC_ONLY,
  [`${TLS}.CertificateValidationContext.system_root_certs`]: GRPC_ONLY,
  [`${TLS}.CertificateValidationContext.require_signed_certificate_timestamp`]: ENVOY_NEITHER,
  [`${TLS}.CertificateValidationContext.only_verify_leaf_cert_crl`]:
    "node:tls checks every certificate of a chain against the CRLs",
  [`${TLS}.CertificateValidationContext.suppress_client_ca_list`]:
    "node:tls names every certificate that it trusts to clients",
  [`${TLS}.CommonTlsContext.tls_certificate_provider_instance`]: GRPC_ONLY,
  [`${TLS}.CommonTlsContext.custom_handshaker`]: "node:tls has one handshake, OpenSSL's",
  [`${TLS}.TlsCertificate.private_key_provider`]: "node:tls signs with keys in memory only",
  [`${TLS}.TlsCertificate.signed_certificate_timestamp`]: ENVOY_NEITHER,
};

/** The reason for refusing a field: from the list, or from the field's own annotations. */
export function refusalReason(field: DescField): string | undefined {
  const listed = REASONS[`${field.parent.typeName}.${field.name}`];
  if (listed !== undefined || !field.deprecated) return listed;
  const disallowed = hasOption(field, disallowed_by_default) && getOption(field, disallowed_by_default);
  return disallowed ? "deprecated, and refused by Envoy as well" : "deprecated in Envoy";
}
