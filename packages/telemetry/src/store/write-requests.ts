import type { Sql } from "@sluice/database";
import { TELEMETRY_CHANNELS } from "../contract.ts";
import type { NewAccessLogEntry } from "../ingest/read-access-log.ts";
import { cleanText } from "./clean-text.ts";

/** Held while ids are handed out, so that they become visible in order whatever number of replicas writes. */
const ORDER_LOCK = 7_583_442_101;

const COLUMNS = `at, node, listener, method, authority, path, protocol, status, flags, details, duration_ms,
  bytes_received, bytes_sent, virtual_host, route, cluster, upstream_address, downstream_address, attempts, request_id,
  trace_id, user_agent, timings`;

const STATEMENT = `
  with ordered as materialized (select pg_advisory_xact_lock($3::bigint)), stored as (
    insert into telemetry.requests (${COLUMNS})
    select ${COLUMNS.split(",")
      .map((column) => `r.${column.trim()}`)
      .join(", ")}
    from ordered, jsonb_populate_recordset(null::telemetry.requests, $1::text::jsonb) r
    returning id
  )
  select set_config('synchronous_commit', 'off', true),
    pg_notify($2::text, json_build_object('upTo', (select max(id) from stored)::text)::text)`;

export async function writeRequests(sql: Sql, entries: readonly NewAccessLogEntry[]): Promise<void> {
  const rows = entries.map((entry) => ({
    at: (Number.isNaN(entry.at.getTime()) ? new Date() : entry.at).toISOString(),
    node: cleanText(entry.node),
    listener: cleanText(entry.listener),
    method: entry.method,
    authority: cleanText(entry.authority),
    path: cleanText(entry.path),
    protocol: entry.protocol,
    status: Math.min(entry.status, 999),
    flags: entry.flags,
    details: cleanText(entry.details),
    duration_ms: entry.durationMs,
    bytes_received: entry.bytesReceived,
    bytes_sent: entry.bytesSent,
    virtual_host: cleanText(entry.virtualHost),
    route: cleanText(entry.route),
    cluster: cleanText(entry.cluster),
    upstream_address: entry.upstreamAddress,
    downstream_address: entry.downstreamAddress,
    attempts: entry.attempts,
    request_id: cleanText(entry.requestId),
    trace_id: cleanText(entry.traceId),
    user_agent: cleanText(entry.userAgent),
    timings: entry.timings,
  }));
  await sql.unsafe(STATEMENT, [JSON.stringify(rows), TELEMETRY_CHANNELS.requests, ORDER_LOCK], {
    prepare: true,
  });
}
