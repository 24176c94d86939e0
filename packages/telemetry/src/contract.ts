/**
 * What the collector stores and the dashboard asks for. All times are UTC; rates are per second; latencies milliseconds.
 *
 * The unit of storage is the *scope row*: one row per (resolution, time, node, scope) with a fixed set of measures, so
 * that one read draws a chart and adding a measure is a column. A scope that saw nothing in a tick writes no row.
 */

/** What traffic is counted by. Names are those of the configuration. */
export type ScopeKind = "node" | "listener" | "host" | "route" | "cluster" | "endpoint";

export interface Scope {
  readonly kind: ScopeKind;
  /**
   * node: its id. listener: its name (or `stat_prefix` of its connection manager where only that is known).
   * host: `virtual host`. route: `virtual host/route`. cluster: its name. endpoint: `cluster/ip:port`.
   */
  readonly name: string;
}

/** Sums over the tick, except gauges (value at its end). */
export interface Measures {
  readonly requests: number;
  readonly responses2xx: number;
  readonly responses3xx: number;
  readonly responses4xx: number;
  readonly responses5xx: number;
  /** Requests that got no response from upstream: connect failures, resets, timeouts. */
  readonly failures: number;
  readonly retries: number;
  readonly connectionsOpened: number;
  /** Gauge. */
  readonly connectionsActive: number;
  /** Gauge. */
  readonly requestsActive: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Gauges, clusters only. */
  readonly membersHealthy: number;
  readonly membersTotal: number;
  /** Counts per bucket of `LATENCY_BUCKETS_MS`, the last one open-ended. Mergeable by adding. */
  readonly latency: readonly number[];
}

/** Upper bounds. Fine enough that an interpolated percentile is within 10% of the true one. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12.5, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150,
  200, 250, 300, 400, 500, 600, 800, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000, 15000, 20000,
  30000, 60000, 120000, 300000,
];

export type Resolution = "1s" | "10s" | "1m";

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

/** One scope over time; `points` in time order, gaps mean zero traffic. Rates and percentiles are derived by `summarize`. */
export interface Series {
  readonly scope: Scope;
  /** Undefined: summed over all nodes. */
  readonly node: string | undefined;
  readonly resolution: Resolution;
  readonly points: readonly { readonly at: Date; readonly measures: Measures }[];
}

export interface Summary {
  readonly requestsPerSecond: number;
  /** 0…1 of requests that are neither 5xx nor failed; undefined without requests. */
  readonly successRate: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly connectionsActive: number;
  readonly bytesReceivedPerSecond: number;
  readonly bytesSentPerSecond: number;
}

/** `downstream → listener → host → route → cluster → endpoint`, from live configuration and what was measured. */
export interface Topology {
  readonly range: TimeRange;
  readonly boxes: readonly TopologyBox[];
  readonly edges: readonly TopologyEdge[];
}
export interface TopologyBox {
  /** `kind:name`, stable. */
  readonly id: string;
  readonly kind: "downstream" | "listener" | "host" | "route" | "cluster" | "endpoint";
  readonly label: string;
  readonly parent: string | undefined;
  /** `unknown` when no node reports it. */
  readonly health: "healthy" | "degraded" | "unhealthy" | "unknown";
  readonly healthReason: string;
  readonly summary: Summary;
}
export interface TopologyEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly summary: Summary;
  /** False: configured, but no traffic in the range. */
  readonly active: boolean;
}

export interface AccessLogEntry {
  /** Sortable, unique; the cursor of paging. */
  readonly id: string;
  readonly at: Date;
  readonly node: string;
  readonly listener: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number;
  /** Short codes: `UH`, `UF`, … */
  readonly flags: readonly string[];
  readonly details: string;
  readonly durationMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly virtualHost: string;
  readonly route: string;
  readonly cluster: string;
  readonly upstreamAddress: string;
  readonly downstreamAddress: string;
  readonly attempts: number;
  readonly requestId: string;
  readonly traceId: string;
  readonly userAgent: string;
  /** Times within the request, from its start: `request received`, `upstream first byte sent`, … */
  readonly timings: Readonly<Record<string, number>>;
}

/** All conditions must hold. Text ones are case-insensitive substrings. */
export interface AccessLogFilter {
  readonly range?: TimeRange;
  readonly node?: string;
  readonly method?: string;
  readonly authority?: string;
  readonly path?: string;
  /** `5xx`, `404`, `>=400` */
  readonly status?: string;
  readonly flag?: string;
  readonly route?: string;
  readonly cluster?: string;
  readonly minDurationMs?: number;
  readonly requestId?: string;
  readonly traceId?: string;
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer" | "unspecified";
  readonly service: string;
  readonly node: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly error: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events: readonly { readonly name: string; readonly atNs: bigint }[];
}

export interface TraceSummary {
  readonly traceId: string;
  readonly rootName: string;
  readonly service: string;
  readonly startAt: Date;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
}

/**
 * Channels: `sluice_stats` {"at":"…"} after each 1 s tick was stored; `sluice_requests` {"upTo":"id"}; `sluice_traces`
 * {}. A reader then asks for what is new since its last cursor, so a lost notification loses nothing.
 */
export const TELEMETRY_CHANNELS = {
  stats: "sluice_stats",
  requests: "sluice_requests",
  traces: "sluice_traces",
} as const;
