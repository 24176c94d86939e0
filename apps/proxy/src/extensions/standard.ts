import {
  createExtensionRegistry,
  type ExtensionRegistry,
  type StandardManifest,
} from "../registry/extension-registry.ts";
import { brotliCompressorManifest } from "./compression/brotli/compressor/manifest.ts";
import { brotliDecompressorManifest } from "./compression/brotli/decompressor/manifest.ts";
import { gzipCompressorManifest } from "./compression/gzip/compressor/manifest.ts";
import { gzipDecompressorManifest } from "./compression/gzip/decompressor/manifest.ts";
import { zstdCompressorManifest } from "./compression/zstd/compressor/manifest.ts";
import { zstdDecompressorManifest } from "./compression/zstd/decompressor/manifest.ts";
import { basicAuthManifest } from "./filters/http/basic_auth/manifest.ts";
import { bufferManifest } from "./filters/http/buffer/manifest.ts";
import { compressorManifest } from "./filters/http/compressor/manifest.ts";
import { corsManifest } from "./filters/http/cors/manifest.ts";
import { csrfManifest } from "./filters/http/csrf/manifest.ts";
import { decompressorManifest } from "./filters/http/decompressor/manifest.ts";
import { extAuthzManifest } from "./filters/http/ext_authz/manifest.ts";
import { faultManifest } from "./filters/http/fault/manifest.ts";
import { grpcStatsManifest } from "./filters/http/grpc_stats/manifest.ts";
import { grpcWebManifest } from "./filters/http/grpc_web/manifest.ts";
import { headerMutationManifest } from "./filters/http/header_mutation/manifest.ts";
import { headerToMetadataManifest } from "./filters/http/header_to_metadata/manifest.ts";
import { healthCheckManifest } from "./filters/http/health_check/manifest.ts";
import { jwtAuthnManifest } from "./filters/http/jwt_authn/manifest.ts";
import { httpLocalRateLimitManifest } from "./filters/http/local_ratelimit/manifest.ts";
import { onDemandManifest } from "./filters/http/on_demand/manifest.ts";
import { rateLimitManifest } from "./filters/http/ratelimit/manifest.ts";
import { httpRbacManifest } from "./filters/http/rbac/manifest.ts";
import { routerManifest } from "./filters/http/router/manifest.ts";
import { httpSetFilterStateManifest } from "./filters/http/set_filter_state/manifest.ts";
import { setMetadataManifest } from "./filters/http/set_metadata/manifest.ts";
import { statefulSessionManifest } from "./filters/http/stateful_session/manifest.ts";
import { upstreamCodecManifest } from "./filters/http/upstream_codec/manifest.ts";
import { httpInspectorManifest } from "./filters/listener/http_inspector/manifest.ts";
import { proxyProtocolManifest } from "./filters/listener/proxy_protocol/manifest.ts";
import { tlsInspectorManifest } from "./filters/listener/tls_inspector/manifest.ts";
import { connectionLimitManifest } from "./filters/network/connection_limit/manifest.ts";
import { directResponseManifest } from "./filters/network/direct_response/manifest.ts";
import { echoManifest } from "./filters/network/echo/manifest.ts";
import { httpConnectionManagerManifest } from "./filters/network/http_connection_manager/manifest.ts";
import { localRateLimitManifest } from "./filters/network/local_ratelimit/manifest.ts";
import { networkRbacManifest } from "./filters/network/rbac/manifest.ts";
import { setFilterStateManifest } from "./filters/network/set_filter_state/manifest.ts";
import { sniClusterManifest } from "./filters/network/sni_cluster/manifest.ts";
import { tcpProxyManifest } from "./filters/network/tcp_proxy/manifest.ts";
import { earlyHeaderMutationManifest } from "./http/early_header_mutation/header_mutation/manifest.ts";
import { customHeaderDetectionManifest } from "./http/original_ip_detection/custom_header/manifest.ts";
import { xffDetectionManifest } from "./http/original_ip_detection/xff/manifest.ts";
import { preserveCaseManifest } from "./http/stateful_header_formatters/preserve_case/manifest.ts";
import { cookieSessionManifest } from "./http/stateful_session/cookie/manifest.ts";
import { headerSessionManifest } from "./http/stateful_session/header/manifest.ts";
import { allowListedRoutesManifest } from "./internal_redirect_predicates/allow_listed_routes/manifest.ts";
import { previousRoutesManifest } from "./internal_redirect_predicates/previous_routes/manifest.ts";
import { safeCrossSchemeManifest } from "./internal_redirect_predicates/safe_cross_scheme/manifest.ts";
import { clientSideWeightedRoundRobinManifest } from "./load_balancing_policies/client_side_weighted_round_robin/manifest.ts";
import { leastRequestManifest } from "./load_balancing_policies/least_request/manifest.ts";
import { maglevManifest } from "./load_balancing_policies/maglev/manifest.ts";
import { overrideHostManifest } from "./load_balancing_policies/override_host/manifest.ts";
import { randomManifest } from "./load_balancing_policies/random/manifest.ts";
import { ringHashManifest } from "./load_balancing_policies/ring_hash/manifest.ts";
import { roundRobinManifest } from "./load_balancing_policies/round_robin/manifest.ts";
import { subsetManifest } from "./load_balancing_policies/subset/manifest.ts";
import { wrrLocalityManifest } from "./load_balancing_policies/wrr_locality/manifest.ts";
import { omitCanaryHostsManifest } from "./retry_host_predicates/omit_canary_hosts/manifest.ts";
import { omitHostMetadataManifest } from "./retry_host_predicates/omit_host_metadata/manifest.ts";
import { previousHostsManifest } from "./retry_host_predicates/previous_hosts/manifest.ts";
import { previousPrioritiesManifest } from "./retry_priorities/previous_priorities/manifest.ts";
import {
  downstreamRawBufferManifest,
  upstreamRawBufferManifest,
} from "./transport_sockets/raw_buffer/manifest.ts";
import { downstreamTlsManifest, upstreamTlsManifest } from "./transport_sockets/tls/manifest.ts";
import { upstreamProxyProtocolManifest } from "./transport_sockets/upstream_proxy_protocol/manifest.ts";

/** What is built in. An extension's folder is not used before it stands here. */
export const STANDARD_EXTENSIONS: readonly StandardManifest[] = [
  brotliCompressorManifest,
  brotliDecompressorManifest,
  gzipCompressorManifest,
  gzipDecompressorManifest,
  zstdCompressorManifest,
  zstdDecompressorManifest,
  compressorManifest,
  decompressorManifest,
  basicAuthManifest,
  csrfManifest,
  extAuthzManifest,
  faultManifest,
  grpcStatsManifest,
  grpcWebManifest,
  headerToMetadataManifest,
  healthCheckManifest,
  jwtAuthnManifest,
  httpLocalRateLimitManifest,
  onDemandManifest,
  rateLimitManifest,
  httpRbacManifest,
  statefulSessionManifest,
  cookieSessionManifest,
  headerSessionManifest,
  httpSetFilterStateManifest,
  setMetadataManifest,
  upstreamCodecManifest,
  bufferManifest,
  corsManifest,
  headerMutationManifest,
  routerManifest,
  httpInspectorManifest,
  proxyProtocolManifest,
  tlsInspectorManifest,
  connectionLimitManifest,
  directResponseManifest,
  echoManifest,
  httpConnectionManagerManifest,
  earlyHeaderMutationManifest,
  customHeaderDetectionManifest,
  xffDetectionManifest,
  clientSideWeightedRoundRobinManifest,
  leastRequestManifest,
  maglevManifest,
  overrideHostManifest,
  randomManifest,
  ringHashManifest,
  roundRobinManifest,
  subsetManifest,
  wrrLocalityManifest,
  downstreamRawBufferManifest,
  upstreamRawBufferManifest,
  downstreamTlsManifest,
  upstreamTlsManifest,
  upstreamProxyProtocolManifest,
  localRateLimitManifest,
  networkRbacManifest,
  setFilterStateManifest,
  sniClusterManifest,
  tcpProxyManifest,
  preserveCaseManifest,
  allowListedRoutesManifest,
  previousRoutesManifest,
  safeCrossSchemeManifest,
  omitCanaryHostsManifest,
  omitHostMetadataManifest,
  previousHostsManifest,
  previousPrioritiesManifest,
];

export function standardExtensions(): ExtensionRegistry {
  return createExtensionRegistry(STANDARD_EXTENSIONS);
}
