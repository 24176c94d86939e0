import type { Counter, Gauge, Histogram, StatsScope, TraceReason } from "@sluice/extension-api";
import { UserAgents } from "./user-agents.ts";

/** `http.<stat_prefix>.`, Envoy's names in camelCase. */
const COUNTERS = [
  "downstream_cx_total",
  "downstream_cx_http1_total",
  "downstream_cx_http2_total",
  "downstream_cx_destroy",
  "downstream_cx_destroy_remote",
  "downstream_cx_destroy_local",
  "downstream_cx_destroy_active_rq",
  "downstream_cx_destroy_remote_active_rq",
  "downstream_cx_destroy_local_active_rq",
  "downstream_cx_rx_bytes_total",
  "downstream_cx_tx_bytes_total",
  "downstream_cx_drain_close",
  "downstream_cx_overload_disable_keepalive",
  "downstream_rq_overload_close",
  "downstream_cx_idle_timeout",
  "downstream_cx_max_duration_reached",
  "downstream_cx_max_requests_reached",
  "downstream_cx_protocol_error",
  "downstream_cx_delayed_close_timeout",
  "downstream_cx_upgrades_total",
  "downstream_rq_total",
  "downstream_rq_http1_total",
  "downstream_rq_http2_total",
  "downstream_rq_rx_reset",
  "downstream_rq_tx_reset",
  "downstream_rq_non_relative_path",
  "downstream_rq_too_large",
  "downstream_rq_completed",
  "downstream_rq_1xx",
  "downstream_rq_2xx",
  "downstream_rq_3xx",
  "downstream_rq_4xx",
  "downstream_rq_5xx",
  "downstream_rq_ws_on_non_ws_route",
  "downstream_rq_idle_timeout",
  "downstream_rq_timeout",
  "downstream_rq_header_timeout",
  "downstream_rq_too_many_premature_resets",
  "downstream_rq_response_before_rq_complete",
  "downstream_rq_failed_path_normalization",
  "downstream_rq_redirected_with_normalized_path",
  "no_route",
  "no_cluster",
  "rq_direct_response",
  "rq_redirect",
  "rq_total",
  "rq_reset_after_downstream_response_started",
  "rs_too_large",
  "downstream_cx_ssl_total",
  "downstream_rq_max_duration_reached",
  "downstream_rq_rejected_via_ip_detection",
  "downstream_flow_control_paused_reading_total",
  "downstream_flow_control_resumed_reading_total",
] as const;

const TRACING = [
  "random_sampling",
  "service_forced",
  "client_enabled",
  "not_traceable",
  "health_check",
] as const;

type CounterName = (typeof COUNTERS)[number];

export interface ConnectionManagerStats {
  readonly counters: Readonly<Record<CounterName, Counter>>;
  /** By why a request is traced: `tracing.<…>`. */
  readonly tracing: Readonly<Record<TraceReason | "not_traceable", Counter>>;
  /** `tracing.health_check`, whether there is a tracer or not. */
  readonly healthChecks: Counter;
  readonly cxActive: Gauge;
  readonly cxSslActive: Gauge;
  readonly cxHttp1Active: Gauge;
  readonly cxHttp2Active: Gauge;
  readonly cxUpgradesActive: Gauge;
  readonly cxRxBytesBuffered: Gauge;
  readonly cxTxBytesBuffered: Gauge;
  /** HTTP/1 connections that are too old and wait for a next response to end behind. */
  readonly cxHttp1SoftDrain: Gauge;
  readonly rqActive: Gauge;
  readonly cxLengthMs: Histogram;
  readonly rqTime: Histogram;
  readonly userAgents: UserAgents;
  /** By hundreds digit: `downstream_rq_<n>xx`. */
  readonly classes: readonly Counter[];
}

export function createConnectionManagerStats(scope: StatsScope): ConnectionManagerStats {
  // There is no HTTP/3.
  for (const name of ["downstream_cx_http3_total", "downstream_rq_http3_total"]) scope.counter(name);
  scope.gauge("downstream_cx_http3_active");
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, scope.counter(name)]));
  return {
    counters: asRecord(counters),
    tracing: tracingCounters(scope.scope("tracing")),
    healthChecks: scope.scope("tracing").counter("health_check"),
    cxActive: scope.gauge("downstream_cx_active"),
    cxSslActive: scope.gauge("downstream_cx_ssl_active"),
    cxHttp1Active: scope.gauge("downstream_cx_http1_active"),
    cxHttp2Active: scope.gauge("downstream_cx_http2_active"),
    cxUpgradesActive: scope.gauge("downstream_cx_upgrades_active"),
    cxRxBytesBuffered: scope.gauge("downstream_cx_rx_bytes_buffered"),
    cxTxBytesBuffered: scope.gauge("downstream_cx_tx_bytes_buffered"),
    cxHttp1SoftDrain: scope.gauge("downstream_cx_http1_soft_drain"),
    rqActive: scope.gauge("downstream_rq_active"),
    cxLengthMs: scope.histogram("downstream_cx_length_ms"),
    rqTime: scope.histogram("downstream_rq_time"),
    userAgents: new UserAgents(scope),
    classes: [1, 2, 3, 4, 5].map((digit) => scope.counter(`downstream_rq_${digit}xx`)),
  };
}

function tracingCounters(scope: StatsScope): ConnectionManagerStats["tracing"] {
  for (const name of TRACING) scope.counter(name);
  return {
    sampling: scope.counter("random_sampling"),
    service_forced: scope.counter("service_forced"),
    client_forced: scope.counter("client_enabled"),
    not_traceable: scope.counter("not_traceable"),
  };
}

/** `listener.<address>.http.<stat_prefix>.`: what Envoy counts per listener. */
export interface ListenerHttpStats {
  readonly completed: Counter;
  readonly classes: readonly Counter[];
}

export function createListenerHttpStats(scope: StatsScope): ListenerHttpStats {
  return {
    completed: scope.counter("downstream_rq_completed"),
    classes: [1, 2, 3, 4, 5].map((digit) => scope.counter(`downstream_rq_${digit}xx`)),
  };
}

/** Every name was made from `COUNTERS`. */
function asRecord(counters: Record<string, Counter>): Readonly<Record<CounterName, Counter>> {
  return counters as Record<CounterName, Counter>;
}
