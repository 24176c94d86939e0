import type { Counter, StatsScope } from "@sluice/extension-api";
import { createHttp1Stats } from "../http/h1/http1-stats.ts";
import { createHttp2Stats } from "../http/h2/http2-stats.ts";
import { ResponseFigures } from "./response-figures.ts";
import type { ClusterStats } from "./thread-local-cluster.ts";

/** All stats of `cluster.<name>.`; `scope` is the root. */
export function createClusterStats(root: StatsScope, statName: string): ClusterStats {
  return createClusterStatsIn(root.scope("cluster").scope(statName));
}

/** `scope` is `cluster.<name>.`. */
export function createClusterStatsIn(scope: StatsScope): ClusterStats {
  const counter = (name: string): Counter => scope.counter(name);
  const http1Total = counter("upstream_cx_http1_total");
  const responses = new ResponseFigures(scope);
  const retried = new ResponseFigures(scope.scope("retry"));
  return {
    upstreamCxTotal: counter("upstream_cx_total"),
    upstreamCxActive: scope.gauge("upstream_cx_active"),
    countHttp1Connection: () => {
      http1Total.inc();
      createHttp1Stats(scope);
    },
    upstreamCxHttp2Total: counter("upstream_cx_http2_total"),
    defineHttp2: () => void createHttp2Stats(scope),
    upstreamCxConnectFail: counter("upstream_cx_connect_fail"),
    bindErrors: counter("bind_errors"),
    upstreamCxConnectTimeout: counter("upstream_cx_connect_timeout"),
    upstreamCxConnectMs: scope.histogram("upstream_cx_connect_ms"),
    upstreamCxLengthMs: scope.histogram("upstream_cx_length_ms"),
    upstreamRqPerCx: scope.histogram("upstream_rq_per_cx"),
    upstreamCxDestroy: counter("upstream_cx_destroy"),
    upstreamCxDestroyLocal: counter("upstream_cx_destroy_local"),
    upstreamCxDestroyRemote: counter("upstream_cx_destroy_remote"),
    upstreamCxDestroyWithActiveRq: counter("upstream_cx_destroy_with_active_rq"),
    upstreamCxDestroyLocalWithActiveRq: counter("upstream_cx_destroy_local_with_active_rq"),
    upstreamCxDestroyRemoteWithActiveRq: counter("upstream_cx_destroy_remote_with_active_rq"),
    upstreamCxCloseNotify: counter("upstream_cx_close_notify"),
    upstreamCxConnectAttemptsExceeded: counter("upstream_cx_connect_attempts_exceeded"),
    upstreamCxIdleTimeout: counter("upstream_cx_idle_timeout"),
    upstreamCxMaxRequests: counter("upstream_cx_max_requests"),
    upstreamCxMaxDurationReached: counter("upstream_cx_max_duration_reached"),
    upstreamCxOverflow: counter("upstream_cx_overflow"),
    upstreamCxPoolOverflow: counter("upstream_cx_pool_overflow"),
    upstreamCxProtocolError: counter("upstream_cx_protocol_error"),
    upstreamCxNoneHealthy: counter("upstream_cx_none_healthy"),
    upstreamCxRxBytesTotal: counter("upstream_cx_rx_bytes_total"),
    upstreamCxRxBytesBuffered: scope.gauge("upstream_cx_rx_bytes_buffered"),
    upstreamCxTxBytesTotal: counter("upstream_cx_tx_bytes_total"),
    upstreamCxTxBytesBuffered: scope.gauge("upstream_cx_tx_bytes_buffered"),
    upstreamRqTotal: counter("upstream_rq_total"),
    upstreamRqActive: scope.gauge("upstream_rq_active"),
    upstreamRqPendingTotal: counter("upstream_rq_pending_total"),
    upstreamRqPendingActive: scope.gauge("upstream_rq_pending_active"),
    upstreamRqPendingOverflow: counter("upstream_rq_pending_overflow"),
    upstreamRqPendingFailureEject: counter("upstream_rq_pending_failure_eject"),
    upstreamRqCancelled: counter("upstream_rq_cancelled"),
    upstreamRqMaintenanceMode: counter("upstream_rq_maintenance_mode"),
    upstreamRqTimeout: counter("upstream_rq_timeout"),
    upstreamRqPerTryTimeout: counter("upstream_rq_per_try_timeout"),
    upstreamRqPerTryIdleTimeout: counter("upstream_rq_per_try_idle_timeout"),
    upstreamRqMaxDurationReached: counter("upstream_rq_max_duration_reached"),
    upstreamInternalRedirectSucceededTotal: counter("upstream_internal_redirect_succeeded_total"),
    upstreamInternalRedirectFailedTotal: counter("upstream_internal_redirect_failed_total"),
    retryOrShadowAbandoned: counter("retry_or_shadow_abandoned"),
    upstreamRqRxReset: counter("upstream_rq_rx_reset"),
    upstreamRqActiveOverflow: counter("upstream_rq_active_overflow"),
    upstreamRqTxReset: counter("upstream_rq_tx_reset"),
    upstreamRqRetry: counter("upstream_rq_retry"),
    upstreamRqRetrySuccess: counter("upstream_rq_retry_success"),
    upstreamRqRetryOverflow: counter("upstream_rq_retry_overflow"),
    upstreamRqRetryLimitExceeded: counter("upstream_rq_retry_limit_exceeded"),
    upstreamRqRetryBackoffExponential: counter("upstream_rq_retry_backoff_exponential"),
    upstreamRqRetryBackoffRatelimited: counter("upstream_rq_retry_backoff_ratelimited"),
    upstreamFlowControlPausedReadingTotal: counter("upstream_flow_control_paused_reading_total"),
    upstreamFlowControlResumedReadingTotal: counter("upstream_flow_control_resumed_reading_total"),
    upstreamFlowControlBackedUpTotal: counter("upstream_flow_control_backed_up_total"),
    upstreamFlowControlDrainedTotal: counter("upstream_flow_control_drained_total"),
    responses,
    countRetried: (status, withoutCodes) => retried.count(status, withoutCodes),
  };
}

/**
 * What is listed before anything was counted, and what nothing here ever counts: there is no HTTP/3 and no early data, and neither
 * queues nor preconnecting have policies.
 */
export function defineUncountedClusterStats(scope: StatsScope): void {
  for (const name of [
    "upstream_cx_connect_with_0_rtt",
    "upstream_cx_http3_total",
    "upstream_cx_preconnect_skipped",
    "upstream_http3_broken",
    "upstream_rq_0rtt",
    // What is left behind an early answer is reset here before its peer can.
    "upstream_rq_rx_reset_no_error",
  ])
    scope.counter(name);
  scope.counter("upstream_rq_completed");
  scope.gauge("upstream_queue_overloaded");
}
