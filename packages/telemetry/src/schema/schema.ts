import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import { LATENCY_BUCKETS_MS } from "../contract.ts";

export const telemetry = pgSchema("telemetry");

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** `l00` … `l47`: a column per bucket, null for none, so that Postgres adds them natively and zeros cost a bit. */
export const LATENCY_COLUMNS: readonly string[] = Array.from(
  { length: LATENCY_BUCKETS_MS.length + 1 },
  (_, bucket) => `l${String(bucket).padStart(2, "0")}`,
);

function statsTable(name: string) {
  return telemetry.table(
    name,
    {
      at: instant("at").notNull(),
      kind: text("kind").notNull(),
      name: text("name").notNull(),
      node: text("node").notNull(),
      requests: integer("requests").notNull(),
      responses2xx: integer("responses_2xx").notNull(),
      responses3xx: integer("responses_3xx").notNull(),
      responses4xx: integer("responses_4xx").notNull(),
      responses5xx: integer("responses_5xx").notNull(),
      failures: integer("failures").notNull(),
      retries: integer("retries").notNull(),
      connectionsOpened: integer("connections_opened").notNull(),
      connectionsActive: integer("connections_active").notNull(),
      requestsActive: integer("requests_active").notNull(),
      bytesReceived: bigint("bytes_received", { mode: "number" }).notNull(),
      bytesSent: bigint("bytes_sent", { mode: "number" }).notNull(),
      membersHealthy: integer("members_healthy").notNull(),
      membersTotal: integer("members_total").notNull(),
      ...Object.fromEntries(LATENCY_COLUMNS.map((column) => [column, integer(column)])),
    },
    (table) => [
      primaryKey({ columns: [table.kind, table.name, table.node, table.at] }),
      index(`${name}_at`).on(table.at, table.kind),
    ],
  );
}

export const stats1s = statsTable("stats_1s");
export const stats10s = statsTable("stats_10s");
export const stats1m = statsTable("stats_1m");

/** One row a node: when it last reported, by the collector's clock. */
export const reporters = telemetry.table("reporters", {
  node: text("node").primaryKey(),
  lastAt: instant("last_at").notNull(),
});

/** `id` is handed out under a lock and in commit order, so that `id > cursor` never misses a row. */
export const requests = telemetry.table(
  "requests",
  {
    id: bigint("id", { mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant("at").notNull(),
    node: text("node").notNull(),
    listener: text("listener").notNull(),
    method: text("method").notNull(),
    authority: text("authority").notNull(),
    path: text("path").notNull(),
    protocol: text("protocol").notNull(),
    status: smallint("status").notNull(),
    flags: text("flags").array().notNull(),
    details: text("details").notNull(),
    durationMs: doublePrecision("duration_ms").notNull(),
    bytesReceived: bigint("bytes_received", { mode: "number" }).notNull(),
    bytesSent: bigint("bytes_sent", { mode: "number" }).notNull(),
    virtualHost: text("virtual_host").notNull(),
    route: text("route").notNull(),
    cluster: text("cluster").notNull(),
    upstreamAddress: text("upstream_address").notNull(),
    downstreamAddress: text("downstream_address").notNull(),
    attempts: integer("attempts").notNull(),
    requestId: text("request_id").notNull(),
    traceId: text("trace_id").notNull(),
    userAgent: text("user_agent").notNull(),
    timings: jsonb("timings").notNull(),
  },
  (table) => [
    index("requests_at").using("brin", table.at),
    index("requests_request_id").on(table.requestId).where(sql`request_id <> ''`),
    index("requests_trace_id").on(table.traceId).where(sql`trace_id <> ''`),
  ],
);

export const spans = telemetry.table(
  "spans",
  {
    traceId: text("trace_id").notNull(),
    spanId: text("span_id").notNull(),
    parentSpanId: text("parent_span_id"),
    name: text("name").notNull(),
    kind: text("kind").notNull(),
    service: text("service").notNull(),
    node: text("node").notNull(),
    startNs: bigint("start_ns", { mode: "bigint" }).notNull(),
    durationNs: bigint("duration_ns", { mode: "bigint" }).notNull(),
    error: boolean("error").notNull(),
    attributes: jsonb("attributes").notNull(),
    events: jsonb("events").notNull(),
    /** `x-request-id`, "" when the span names none: leads from a stored request to its trace. */
    requestId: text("request_id").notNull().default(""),
    storedAt: instant("stored_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.spanId] }),
    index("spans_stored_at").using("brin", table.storedAt),
    index("spans_request_id").on(table.requestId).where(sql`request_id <> ''`),
  ],
);

/** One row a trace, kept up to date as its spans arrive; `seq` goes up at each change, in commit order. */
export const traces = telemetry.table(
  "traces",
  {
    traceId: text("trace_id").primaryKey(),
    seq: bigint("seq", { mode: "bigint" }).notNull(),
    rootName: text("root_name").notNull(),
    service: text("service").notNull(),
    startNs: bigint("start_ns", { mode: "bigint" }).notNull(),
    endNs: bigint("end_ns", { mode: "bigint" }).notNull(),
    spanCount: integer("span_count").notNull(),
    errorCount: integer("error_count").notNull(),
    storedAt: instant("stored_at").notNull().defaultNow(),
  },
  (table) => [
    index("traces_start").on(table.startNs),
    index("traces_seq").on(table.seq),
    index("traces_stored_at").using("brin", table.storedAt),
  ],
);

export const traceSequence = telemetry.sequence("trace_seq");

/** What was counted but not stored, per minute. */
export const drops = telemetry.table(
  "drops",
  {
    at: instant("at").notNull(),
    node: text("node").notNull(),
    what: text("what").notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.at, table.node, table.what] })],
);

/**
 * Load reports (LRS), per 10 s: a row per cluster (`scope` cluster: what was dropped), locality and endpoint of a node. What does
 * not belong to a scope is "" and 0.
 */
export const loadReports = telemetry.table(
  "load_reports",
  {
    at: instant("at").notNull(),
    node: text("node").notNull(),
    cluster: text("cluster").notNull(),
    scope: text("scope").notNull(),
    region: text("region").notNull(),
    zone: text("zone").notNull(),
    subZone: text("sub_zone").notNull(),
    priority: integer("priority").notNull(),
    /** `ip:port` */
    endpoint: text("endpoint").notNull(),
    issued: bigint("issued", { mode: "number" }).notNull(),
    successful: bigint("successful", { mode: "number" }).notNull(),
    failed: bigint("failed", { mode: "number" }).notNull(),
    inProgress: bigint("in_progress", { mode: "number" }).notNull(),
    dropped: bigint("dropped", { mode: "number" }).notNull(),
    /** Named metrics that the endpoints reported (ORCA): `{ name: { requests, total } }`. */
    metrics: jsonb("metrics").notNull(),
  },
  (table) => [
    primaryKey({
      columns: [
        table.at,
        table.node,
        table.cluster,
        table.scope,
        table.region,
        table.zone,
        table.subZone,
        table.priority,
        table.endpoint,
      ],
    }),
    index("load_reports_cluster").on(table.cluster, table.at),
  ],
);
