import { ACCEPTED_CONFIGURATION_CASES } from "./cases/accepted-configurations.ts";
import { ACCESS_LOG_CASES } from "./cases/access-log.ts";
import { ADMIN_CASES } from "./cases/admin.ts";
import { BOOTSTRAP_SETTING_CASES } from "./cases/bootstrap-settings.ts";
import { BUFFER_GAUGE_CASES } from "./cases/buffer-gauges.ts";
import { BYTE_METER_CASES } from "./cases/byte-meters.ts";
import { CEL_CASES } from "./cases/cel.ts";
import { CHANGE_CASES } from "./cases/changes-under-way.ts";
import { CLIENT_CERTIFICATE_CASES } from "./cases/client-certificates.ts";
import { CLUSTER_DETAIL_CASES } from "./cases/cluster-details.ts";
import { CLUSTER_POLICY_CASES } from "./cases/cluster-policies.ts";
import { CLUSTER_PRECEDENCE_CASES } from "./cases/cluster-precedence.ts";
import { COMPRESSION_CASES } from "./cases/compression.ts";
import { CONNECT_PATH_CASES } from "./cases/connect-paths.ts";
import { CONNECT_TERMINATION_CASES } from "./cases/connect-termination.ts";
import { CONNECTION_MANAGER_CASES } from "./cases/connection-manager.ts";
import { CONNECTION_MANAGER_BOUND_CASES } from "./cases/connection-manager-bounds.ts";
import { CONNECTION_MANAGER_FIELD_CASES } from "./cases/connection-manager-fields.ts";
import { CONNECTION_POOL_CASES } from "./cases/connection-pools.ts";
import { CONTROL_PLANE_BOOTSTRAP_CASES } from "./cases/control-plane-bootstraps.ts";
import { CONTROL_PLANE_STAT_CASES } from "./cases/control-plane-stats.ts";
import { DECLINED_TUNNEL_CASES } from "./cases/declined-tunnels.ts";
import { DEGRADED_HOST_CASES } from "./cases/degraded-hosts.ts";
import { DNS_CLUSTER_CASES } from "./cases/dns-clusters.ts";
import { DOWNSTREAM_TLS_CASES } from "./cases/downstream-tls.ts";
import { EARLY_ANSWER_CASES } from "./cases/early-answers.ts";
import { EARLY_END_CASES } from "./cases/early-ends.ts";
import { ENDPOINT_UPDATE_CASES } from "./cases/endpoint-updates.ts";
import { EXT_AUTHZ_CASES } from "./cases/ext-authz.ts";
import { EXT_AUTHZ_CONTEXT_CASES } from "./cases/ext-authz-context.ts";
import { HTTP_EXT_AUTHZ_CASES } from "./cases/ext-authz-http.ts";
import { FILTER_STATE_CASES } from "./cases/filter-state.ts";
import { BASIC_FILTER_CASES } from "./cases/filters-basic.ts";
import { FILTER_EDGE_CASES, UNREACHED_UPSTREAM_CASES } from "./cases/filters-edges.ts";
import { GRPC_WEB_CASES } from "./cases/filters-grpc-web.ts";
import { LOCAL_RATE_LIMIT_CASES } from "./cases/filters-local-ratelimit.ts";
import { RATE_LIMIT_CASES } from "./cases/filters-ratelimit.ts";
import { RBAC_CASES } from "./cases/filters-rbac.ts";
import { STATEFUL_SESSION_CASES } from "./cases/filters-stateful-session.ts";
import { FLUSH_TIMEOUT_CASES } from "./cases/flush-timeouts.ts";
import { FORWARDING_HEADER_CASES } from "./cases/forwarding-headers.ts";
import { FOUND_BY_CHANCE_CASES } from "./cases/found-by-chance.ts";
import { LAST_FOUND_BY_CHANCE_CASES } from "./cases/found-by-chance-last.ts";
import { MORE_FOUND_BY_CHANCE_CASES } from "./cases/found-by-chance-more.ts";
import { GRPC_CHECK_CASES } from "./cases/grpc-checks.ts";
import { GRPC_RETRY_CASES } from "./cases/grpc-retries.ts";
import { HASH_INPUT_CASES } from "./cases/hash-inputs.ts";
import { HASH_POLICY_CASES } from "./cases/hash-policy.ts";
import { HEADER_MUTATION_CASES } from "./cases/header-mutations.ts";
import { HEADER_PREFIX_CASES } from "./cases/header-prefix.ts";
import { HEALTH_CASES } from "./cases/health.ts";
import { HEALTH_CHECK_HEADER_CASES } from "./cases/health-check-headers.ts";
import { HTTP_FILTER_CASES } from "./cases/http-filters.ts";
import { HTTP1_CASES } from "./cases/http1.ts";
import { HTTP1_OPTIONS_CASES } from "./cases/http1-options.ts";
import { HTTP2_CASES } from "./cases/http2.ts";
import { HTTP2_RESET_CASES } from "./cases/http2-resets.ts";
import { HTTP2_UPSTREAM_CASES } from "./cases/http2-upstream.ts";
import { INLINE_HEADER_CASES } from "./cases/inline-headers.ts";
import { INSPECTOR_FAILURE_CASES } from "./cases/inspector-failures.ts";
import { JWT_AUTHN_CASES } from "./cases/jwt-authn.ts";
import { JWT_AUTHN_REMOTE_CASES } from "./cases/jwt-authn-remote.ts";
import { LISTENER_DRAIN_CASES } from "./cases/listener-drains.ts";
import { LISTENER_CASES, LISTENER_FILTER_CASES } from "./cases/listener-filters.ts";
import { LISTENER_SETTING_CASES } from "./cases/listener-settings.ts";
import { LOAD_BALANCING_CASES } from "./cases/load-balancing.ts";
import { LOCAL_REPLY_CASES } from "./cases/local-replies.ts";
import { LOG_ATTEMPT_CASES } from "./cases/log-attempts.ts";
import { LOG_CHOICE_CASES } from "./cases/log-choices.ts";
import { LOG_CLOSE_CASES } from "./cases/log-closes.ts";
import { LOG_FILTER_CASES } from "./cases/log-filters.ts";
import { LOG_OPERATOR_CASES } from "./cases/log-operators.ts";
import { LOG_SYNTAX_CASES } from "./cases/log-syntax.ts";
import { LOG_TIME_CASES } from "./cases/log-times.ts";
import { METADATA_NUMBER_CASES } from "./cases/metadata-numbers.ts";
import { MID_BODY_CASES } from "./cases/mid-body-ends.ts";
import { MIRROR_CASES } from "./cases/mirrors.ts";
import { NETWORK_FILTER_CASES } from "./cases/network-filters.ts";
import { ORCA_CASES } from "./cases/orca.ts";
import { OTLP_LOG_CASES } from "./cases/otlp-logs.ts";
import { OTLP_METRIC_CASES } from "./cases/otlp-metrics.ts";
import { OUTLIER_KIND_CASES } from "./cases/outlier-kinds.ts";
import { OVERLOAD_CASES } from "./cases/overload.ts";
import { OVERLOAD_ACTION_CASES } from "./cases/overload-actions.ts";
import { OVERLOAD_POINT_CASES } from "./cases/overload-points.ts";
import { OVERLOAD_STREAM_CASES } from "./cases/overload-streams.ts";
import { OVERLOAD_TCP_CASES } from "./cases/overload-tcp.ts";
import { PEER_VALIDATION_CASES } from "./cases/peer-validation.ts";
import { POOL_LIMIT_CASES } from "./cases/pool-limits.ts";
import { REACHED_HOST_CASES } from "./cases/reached-hosts.ts";
import { REDIS_CHECK_CASES } from "./cases/redis-checks.ts";
import { RETRY_CASES } from "./cases/retries.ts";
import { RETRY_LIMIT_CASES } from "./cases/retry-limits.ts";
import { ROUTE_ACTION_CASES } from "./cases/route-action.ts";
import { ROUTE_EDGE_CASES } from "./cases/route-edges.ts";
import { ROUTE_LEVEL_CASES } from "./cases/route-levels.ts";
import { ROUTE_MATCH_CASES } from "./cases/route-match.ts";
import { ROUTE_MATCHER_CASES } from "./cases/route-matcher.ts";
import { ROUTE_REWRITE_CASES } from "./cases/route-rewrites.ts";
import { ROUTER_EDGE_CASES } from "./cases/router-edges.ts";
import { SCOPED_ROUTE_CASES } from "./cases/scoped-routes.ts";
import { SECRET_ROTATION_CASES } from "./cases/secret-rotation.ts";
import { SPAN_CASES } from "./cases/spans.ts";
import { STAT_NAME_CASES } from "./cases/stat-names.ts";
import { STAT_VALUE_CASES } from "./cases/stat-values.ts";
import { STREAM_LIMIT_CASES } from "./cases/stream-limits.ts";
import { SWEEP_CASES } from "./cases/sweeps.ts";
import { TCP_EARLY_DATA_CASES } from "./cases/tcp-early-data.ts";
import { TCP_FAILURE_CASES } from "./cases/tcp-failures.ts";
import { TCP_HALF_CLOSE_CASES } from "./cases/tcp-half-closes.ts";
import { TCP_PROXY_CASES } from "./cases/tcp-proxy.ts";
import { TCP_TUNNEL_CASES } from "./cases/tcp-tunnel.ts";
import { TLS_END_CASES } from "./cases/tls-ends.ts";
import { TLS_HANDSHAKE_CASES } from "./cases/tls-handshakes.ts";
import { TRACE_SAMPLER_CASES } from "./cases/trace-samplers.ts";
import { TRACING_CASES } from "./cases/tracing.ts";
import { TRANSPORT_SOCKET_MATCH_CASES } from "./cases/transport-socket-matches.ts";
import { UNDERSCORE_CASES } from "./cases/underscores.ts";
import { UPSTREAM_CASES } from "./cases/upstream.ts";
import { UPSTREAM_FILTER_CASES } from "./cases/upstream-filters.ts";
import { UPSTREAM_RACE_CASES } from "./cases/upstream-races.ts";
import { UPSTREAM_TLS_CASES } from "./cases/upstream-tls.ts";
import { WATCHED_BODY_CASES } from "./cases/watched-bodies.ts";
import { WATERMARK_TIMEOUT_CASES } from "./cases/watermark-timeouts.ts";
import { XDS_EXTENSION_CASES } from "./cases/xds-extensions.ts";
import { XDS_FILE_CASES } from "./cases/xds-files.ts";
import { XDS_ON_DEMAND_CASES } from "./cases/xds-on-demand.ts";
import { XDS_SCOPED_ROUTE_CASES } from "./cases/xds-scoped-routes.ts";
import { XDS_UPSTREAM_FILTER_CASES } from "./cases/xds-upstream-filters.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const CASES: readonly ConformanceCase[] = [
  ...ROUTE_MATCH_CASES,
  ...ROUTE_EDGE_CASES,
  ...ROUTER_EDGE_CASES,
  ...HASH_INPUT_CASES,
  ...HASH_POLICY_CASES,
  ...ROUTE_LEVEL_CASES,
  ...ROUTE_MATCHER_CASES,
  ...ROUTE_ACTION_CASES,
  ...FORWARDING_HEADER_CASES,
  ...FOUND_BY_CHANCE_CASES,
  ...MORE_FOUND_BY_CHANCE_CASES,
  ...LAST_FOUND_BY_CHANCE_CASES,
  ...HTTP1_CASES,
  ...HTTP2_CASES,
  ...TCP_PROXY_CASES,
  ...TCP_TUNNEL_CASES,
  ...TRACING_CASES,
  ...SPAN_CASES,
  ...HEADER_MUTATION_CASES,
  ...HEADER_PREFIX_CASES,
  ...CLUSTER_POLICY_CASES,
  ...UPSTREAM_FILTER_CASES,
  ...FILTER_EDGE_CASES,
  ...UNREACHED_UPSTREAM_CASES,
  ...TRANSPORT_SOCKET_MATCH_CASES,
  ...CONNECT_PATH_CASES,
  ...CONNECT_TERMINATION_CASES,
  ...TCP_EARLY_DATA_CASES,
  ...HTTP1_OPTIONS_CASES,
  ...UPSTREAM_CASES,
  ...LISTENER_DRAIN_CASES,
  ...MID_BODY_CASES,
  ...UPSTREAM_RACE_CASES,
  ...REACHED_HOST_CASES,
  ...SECRET_ROTATION_CASES,
  ...CHANGE_CASES,
  ...XDS_FILE_CASES,
  ...XDS_SCOPED_ROUTE_CASES,
  ...XDS_EXTENSION_CASES,
  ...XDS_ON_DEMAND_CASES,
  ...XDS_UPSTREAM_FILTER_CASES,
  ...DECLINED_TUNNEL_CASES,
  ...EARLY_ANSWER_CASES,
  ...EARLY_END_CASES,
  ...DOWNSTREAM_TLS_CASES,
  ...UPSTREAM_TLS_CASES,
  ...WATERMARK_TIMEOUT_CASES,
  ...CONNECTION_POOL_CASES,
  ...LOAD_BALANCING_CASES,
  ...HTTP2_UPSTREAM_CASES,
  ...HTTP2_RESET_CASES,
  ...ACCESS_LOG_CASES,
  ...CEL_CASES,
  ...HEALTH_CASES,
  ...BASIC_FILTER_CASES,
  ...LOCAL_RATE_LIMIT_CASES,
  ...GRPC_WEB_CASES,
  ...EXT_AUTHZ_CASES,
  ...HTTP_EXT_AUTHZ_CASES,
  ...EXT_AUTHZ_CONTEXT_CASES,
  ...RATE_LIMIT_CASES,
  ...JWT_AUTHN_CASES,
  ...JWT_AUTHN_REMOTE_CASES,
  ...RBAC_CASES,
  ...STATEFUL_SESSION_CASES,
  ...COMPRESSION_CASES,
  ...HTTP_FILTER_CASES,
  ...LISTENER_FILTER_CASES,
  ...LISTENER_CASES,
  ...NETWORK_FILTER_CASES,
  ...ROUTE_REWRITE_CASES,
  ...RETRY_CASES,
  ...RETRY_LIMIT_CASES,
  ...MIRROR_CASES,
  ...CONNECTION_MANAGER_CASES,
  ...CONNECTION_MANAGER_BOUND_CASES,
  ...CONNECTION_MANAGER_FIELD_CASES,
  ...BUFFER_GAUGE_CASES,
  ...BYTE_METER_CASES,
  ...CLIENT_CERTIFICATE_CASES,
  ...SCOPED_ROUTE_CASES,
  ...STREAM_LIMIT_CASES,
  ...ADMIN_CASES,
  ...CONTROL_PLANE_BOOTSTRAP_CASES,
  ...STAT_NAME_CASES,
  ...STAT_VALUE_CASES,
  ...LOCAL_REPLY_CASES,
  ...LOG_OPERATOR_CASES,
  ...LOG_SYNTAX_CASES,
  ...LOG_ATTEMPT_CASES,
  ...LOG_CLOSE_CASES,
  ...LOG_TIME_CASES,
  ...INSPECTOR_FAILURE_CASES,
  ...TLS_END_CASES,
  ...TLS_HANDSHAKE_CASES,
  ...LOG_CHOICE_CASES,
  ...OVERLOAD_CASES,
  ...OVERLOAD_ACTION_CASES,
  ...OVERLOAD_POINT_CASES,
  ...OVERLOAD_STREAM_CASES,
  ...OVERLOAD_TCP_CASES,
  ...BOOTSTRAP_SETTING_CASES,
  ...TRACE_SAMPLER_CASES,
  ...OTLP_LOG_CASES,
  ...OTLP_METRIC_CASES,
  ...GRPC_RETRY_CASES,
  ...FILTER_STATE_CASES,
  ...DEGRADED_HOST_CASES,
  ...FLUSH_TIMEOUT_CASES,
  ...CLUSTER_DETAIL_CASES,
  ...ORCA_CASES,
  ...REDIS_CHECK_CASES,
  ...LISTENER_SETTING_CASES,
  ...TCP_HALF_CLOSE_CASES,
  ...TCP_FAILURE_CASES,
  ...CLUSTER_PRECEDENCE_CASES,
  ...DNS_CLUSTER_CASES,
  ...ENDPOINT_UPDATE_CASES,
  ...GRPC_CHECK_CASES,
  ...OUTLIER_KIND_CASES,
  ...POOL_LIMIT_CASES,
  ...LOG_FILTER_CASES,
  ...PEER_VALIDATION_CASES,
  ...ACCEPTED_CONFIGURATION_CASES,
  ...HEALTH_CHECK_HEADER_CASES,
  ...CONTROL_PLANE_STAT_CASES,
  ...WATCHED_BODY_CASES,
  ...INLINE_HEADER_CASES,
  ...UNDERSCORE_CASES,
  ...METADATA_NUMBER_CASES,
  ...SWEEP_CASES,
];
