import type { Counter, Gauge, StatsScope } from "@sluice/extension-api";
import { createRouterStats } from "../../../../route/router-stats.ts";

/** Below `tcp.<stat_prefix>.`. */
export interface TcpProxyStats {
  readonly downstreamCxTotal: Counter;
  readonly downstreamCxNoRoute: Counter;
  readonly downstreamCxRxBytesTotal: Counter;
  readonly downstreamCxRxBytesBuffered: Gauge;
  readonly downstreamCxTxBytesTotal: Counter;
  readonly downstreamCxTxBytesBuffered: Gauge;
  readonly pausedReading: Counter;
  readonly resumedReading: Counter;
  readonly idleTimeout: Counter;
  readonly maxConnectionDuration: Counter;
  readonly upstreamFlushTotal: Counter;
  readonly upstreamFlushActive: Gauge;
  readonly earlyDataReceived: Counter;
  readonly downstreamCxDrainClose: Counter;
  readonly downstreamCxOverloadClose: Counter;
}

/** Likewise, where clusters are fetched. */
export interface OnDemandStats {
  readonly attempt: Counter;
  readonly missing: Counter;
  readonly success: Counter;
  readonly timeout: Counter;
}

export function createOnDemandStats(root: StatsScope, statPrefix: string): OnDemandStats {
  const scope = root.scope("tcp").scope(statPrefix);
  return {
    attempt: scope.counter("on_demand_cluster_attempt"),
    missing: scope.counter("on_demand_cluster_missing"),
    success: scope.counter("on_demand_cluster_success"),
    timeout: scope.counter("on_demand_cluster_timeout"),
  };
}

/** As Envoy: a tunnel has a router's stats, which count nothing. */
export function defineTunnelStats(root: StatsScope, statPrefix: string): void {
  createRouterStats(root.scope("tcp").scope(statPrefix).scope("tcpproxy_tunneling"));
}

export function createTcpProxyStats(root: StatsScope, statPrefix: string): TcpProxyStats {
  const scope = root.scope("tcp").scope(statPrefix);
  // A connection's cluster is chosen at once.
  scope.counter("route_delayed_total");
  return {
    downstreamCxTotal: scope.counter("downstream_cx_total"),
    downstreamCxNoRoute: scope.counter("downstream_cx_no_route"),
    downstreamCxRxBytesTotal: scope.counter("downstream_cx_rx_bytes_total"),
    downstreamCxRxBytesBuffered: scope.gauge("downstream_cx_rx_bytes_buffered"),
    downstreamCxTxBytesTotal: scope.counter("downstream_cx_tx_bytes_total"),
    downstreamCxTxBytesBuffered: scope.gauge("downstream_cx_tx_bytes_buffered"),
    pausedReading: scope.counter("downstream_flow_control_paused_reading_total"),
    resumedReading: scope.counter("downstream_flow_control_resumed_reading_total"),
    idleTimeout: scope.counter("idle_timeout"),
    maxConnectionDuration: scope.counter("max_downstream_connection_duration"),
    upstreamFlushTotal: scope.counter("upstream_flush_total"),
    upstreamFlushActive: scope.gauge("upstream_flush_active"),
    earlyDataReceived: scope.counter("early_data_received_count_total"),
    downstreamCxDrainClose: scope.counter("downstream_cx_drain_close"),
    downstreamCxOverloadClose: scope.counter("downstream_cx_overload_close"),
  };
}
