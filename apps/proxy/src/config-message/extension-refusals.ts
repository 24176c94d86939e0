import type { RefusalReasons } from "./refusal-words.ts";
import { ENVOY_NEITHER, GRPC_ONLY, NO_XDSTP } from "./refusal-words.ts";

const TLS = "envoy.extensions.transport_sockets.tls.v3";
const DNS = "envoy.extensions.network.dns_resolver";
const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const HCM = "envoy.extensions.filters.network.http_connection_manager.v3";
const TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
const NO_DNS_SETTING = "Node's resolver has no such setting";
const NO_CALL_SPANS = "calls to the service have no span of their own, and carry no trace";
const NO_HTTP3 = "HTTP/3 is not spoken to upstreams";

/** Of `envoy.extensions`: filters, transport sockets, load balancing, access logs and resolvers. */
export const EXTENSION_REFUSALS: RefusalReasons = {
  [`${DNS}.cares.v3.CaresDnsResolverConfig`]: {
    qcache_max_ttl: NO_DNS_SETTING,
    rotate_nameservers: NO_DNS_SETTING,
  },
  [`${HCM}.HttpConnectionManager`]: {
    typed_header_validation_config: ENVOY_NEITHER,
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
  [`${TCP_PROXY}.OnDemand`]: {
    resources_locator: NO_XDSTP,
  },
  [`${TLS}.CertificateValidationContext`]: {
    ca_certificate_provider_instance: GRPC_ONLY,
    custom_validator_config: "certificates are verified by node:tls; there are no other validators",
    only_verify_leaf_cert_crl: "node:tls checks every certificate of a chain against the CRLs",
    require_signed_certificate_timestamp: ENVOY_NEITHER,
    suppress_client_ca_list: "node:tls names every certificate that it trusts to clients",
  },
  [`${TLS}.CommonTlsContext`]: {
    custom_handshaker: "node:tls has one handshake, OpenSSL's",
    custom_tls_certificate_selector:
      "certificates are selected as by Envoy's usual selector; there are no others",
    tls_certificate_provider_instance: GRPC_ONLY,
  },
  [`${TLS}.TlsCertificate`]: {
    private_key_provider: "node:tls signs with keys in memory only",
  },
  "envoy.extensions.filters.http.ext_authz.v3.CheckSettings": {
    emit_client_span: NO_CALL_SPANS,
  },
  "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz": {
    emit_client_span: NO_CALL_SPANS,
    typed_metadata_context_namespaces: "nothing that is built sets typed dynamic metadata",
  },
  "envoy.extensions.filters.http.on_demand.v3.OnDemandCds": {
    resources_locator: NO_XDSTP,
  },
  "envoy.extensions.health_checkers.redis.v3.Redis": {
    aws_iam: "credentials of AWS are not fetched",
  },
  "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig": {
    custom_metric_conversions: "metrics keep the names and tags that stats have",
  },
};
