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
  /** Length of each point's interval; a multiple of the resolution when the range is long. */
  readonly stepSeconds: number;
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

/** What one window of time held. `seconds` is its true length: `summarize(measures, seconds)` gives rates. */
export interface Window {
  readonly from: Date;
  readonly seconds: number;
  readonly measures: Measures;
}

export interface ScopeWindow extends Window {
  readonly scope: Scope;
  /** Undefined: summed over all nodes. */
  readonly node: string | undefined;
}

/** Counted but not stored one by one: above a node's cap, or because Postgres was away longer than the queue is deep. */
export interface Drops {
  readonly requestsSampled: number;
  readonly requestsLost: number;
  readonly spansSampled: number;
  readonly spansLost: number;
  readonly statsLost: number;
}

export interface Overview {
  /** When the newest report of any node arrived; undefined when none ever did. Older than 3 s: nothing is live. */
  readonly asOf: Date | undefined;
  readonly now: Window;
  /** The same window one hour before; undefined when nothing was stored then. */
  readonly hourAgo: Window | undefined;
  readonly nodes: readonly ScopeWindow[];
  readonly listeners: readonly ScopeWindow[];
  readonly clusters: readonly ScopeWindow[];
  /** In the last minute. */
  readonly drops: Drops;
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

/** A page of requests, newest first. `next` goes into `before` of the next call; undefined: there is no more. */
export interface RequestPage {
  readonly entries: readonly AccessLogEntry[];
  readonly next: string | undefined;
}

/** Requests stored after a cursor, oldest first. `cursor` goes into `after` of the next call. */
export interface RequestTail {
  readonly entries: readonly AccessLogEntry[];
  readonly cursor: string;
}

/** All conditions must hold. */
export interface TraceFilter {
  readonly range?: TimeRange;
  readonly node?: string;
  /** Case-insensitive substring of the root's name, the service, or any span's attribute value. */
  readonly text?: string;
  readonly minDurationMs?: number;
  readonly errorsOnly?: boolean;
}

export interface TracePage {
  readonly traces: readonly TraceSummary[];
  readonly next: string | undefined;
}

/** Traces that got spans after a cursor; one that grows comes again. */
export interface TraceTail {
  readonly traces: readonly TraceSummary[];
  readonly cursor: string;
}

/** The live configuration as far as the graph needs it; `topologyConfigurationOf` makes it from Envoy's messages. */
export interface TopologyConfiguration {
  readonly listeners: readonly TopologyListener[];
  readonly virtualHosts: readonly TopologyVirtualHost[];
  readonly clusters: readonly TopologyCluster[];
}
export interface TopologyListener {
  readonly name: string;
  /** `0.0.0.0:10000` */
  readonly address: string;
  /** How its stats are named: its `stat_prefix`, else its address, as Envoy writes it (`0.0.0.0_10000`). */
  readonly statName: string;
  /** `stat_prefix` of its HTTP connection managers. */
  readonly httpPrefixes: readonly string[];
  /** Names of the route configurations its connection managers use. */
  readonly routeConfigurations: readonly string[];
  /** Clusters that it sends TCP to without routes. */
  readonly clusters: readonly string[];
}
export interface TopologyVirtualHost {
  readonly routeConfiguration: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly TopologyRoute[];
}
export interface TopologyRoute {
  /** As in the scope `virtual host/route`: the route's `stat_prefix`. */
  readonly statPrefix: string;
  /** For people: `/api*`, `= /login`. */
  readonly label: string;
  /** With the weights' share, 0…1; empty for redirects and direct responses. */
  readonly clusters: readonly { readonly name: string; readonly share: number }[];
}
export interface TopologyCluster {
  readonly name: string;
  /** How its stats are named: `alt_stat_name`, else its name, as Envoy writes it. */
  readonly statName: string;
  /** `ip:port` (or `host:port` as configured where it is resolved by DNS). */
  readonly endpoints: readonly string[];
}

/** What nodes' load reports (LRS) say of a cluster, one of its localities or one of its endpoints, summed over the window. */
export interface Load {
  readonly cluster: string;
  /** "" where the configuration names none, or the row is of a whole cluster. */
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly priority: number;
  /** `ip:port`; "" in rows of a cluster or a locality. */
  readonly endpoint: string;
  readonly issued: number;
  readonly successful: number;
  readonly failed: number;
  /** Gauge: as the nodes last said. */
  readonly inProgress: number;
  /** Of a cluster only: requests that the nodes dropped themselves. */
  readonly dropped: number;
  /** What the endpoints reported per request (ORCA), by metric: in how many requests, and the sum. */
  readonly metrics: Readonly<Record<string, { readonly requests: number; readonly total: number }>>;
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
