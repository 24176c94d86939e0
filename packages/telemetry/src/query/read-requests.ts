import type { Sql } from "@sluice/database";
import type { AccessLogEntry, AccessLogFilter, RequestPage, RequestTail } from "../contract.ts";
import { parseStatusFilter } from "./status-filter.ts";

const COLUMNS = `id::text as id, (extract(epoch from at) * 1000)::float8 as at_ms, node, listener, method, authority, path,
  protocol, status::int as status, to_json(flags)::text as flags, details, duration_ms, bytes_received::float8 as bytes_received,
  bytes_sent::float8 as bytes_sent, virtual_host, route, cluster, upstream_address, downstream_address, attempts,
  request_id, user_agent, timings::text as timings, coalesce(nullif(trace_id, ''), (
    select s.trace_id from telemetry.spans s where s.request_id = requests.request_id and s.request_id <> '' limit 1
  ), '') as trace_id`;

interface RequestRow {
  id: string;
  at_ms: number;
  node: string;
  listener: string;
  method: string;
  authority: string;
  path: string;
  protocol: string;
  status: number;
  flags: string;
  details: string;
  duration_ms: number;
  bytes_received: number;
  bytes_sent: number;
  virtual_host: string;
  route: string;
  cluster: string;
  upstream_address: string;
  downstream_address: string;
  attempts: number;
  request_id: string;
  trace_id: string;
  user_agent: string;
  timings: string;
}

/**
 * Stored requests, newest first.
 *
 * @param query.before `next` of the page before; default the newest
 * @param query.limit 1…1000, default 100
 * @throws RangeError when `filter.status` is not a status, class or comparison
 */
export async function searchRequests(
  sql: Sql,
  query: { readonly filter?: AccessLogFilter; readonly before?: string; readonly limit?: number } = {},
): Promise<RequestPage> {
  const limit = Math.min(Math.max(query.limit ?? 100, 1), 1000);
  const rows = await sql<RequestRow[]>`
    select ${sql.unsafe(COLUMNS)} from telemetry.requests
    where ${query.before === undefined ? sql`true` : sql`id < ${cursorOf(query.before)}::bigint`}
      ${conditions(sql, query.filter ?? {})}
    order by requests.id desc limit ${limit + 1}`;
  const entries = rows.slice(0, limit).map(entryOf);
  return { entries, next: rows.length > limit ? entries.at(-1)?.id : undefined };
}

/**
 * For live tails: what was stored after the cursor and passes the filter, oldest first. When more than `limit` did, the
 * newest are given: the cursor goes on to the end in any case.
 *
 * @param query.after `cursor` of the call before; default: the newest `limit` entries
 * @param query.limit 1…1000, default 200
 */
export async function readRequestsSince(
  sql: Sql,
  query: { readonly filter?: AccessLogFilter; readonly after?: string; readonly limit?: number } = {},
): Promise<RequestTail> {
  const limit = Math.min(Math.max(query.limit ?? 200, 1), 1000);
  const newest = await sql<{ id: string }[]>`select coalesce(max(id), 0)::text as id from telemetry.requests`;
  const cursor = newest[0]?.id ?? "0";
  if (query.after !== undefined && BigInt(cursorOf(query.after)) >= BigInt(cursor))
    return { entries: [], cursor };
  const rows = await sql<RequestRow[]>`
    select ${sql.unsafe(COLUMNS)} from telemetry.requests
    where id <= ${cursor}::bigint ${query.after === undefined ? sql`` : sql`and id > ${query.after}::bigint`}
      ${conditions(sql, query.filter ?? {})}
    order by requests.id desc limit ${limit}`;
  return { entries: rows.map(entryOf).reverse(), cursor };
}

/** One stored request, or undefined when there is none (any more). */
export async function readRequest(sql: Sql, id: string): Promise<AccessLogEntry | undefined> {
  if (!/^\d{1,18}$/.test(id)) return undefined;
  const rows = await sql<RequestRow[]>`
    select ${sql.unsafe(COLUMNS)} from telemetry.requests where id = ${id}::bigint`;
  return rows[0] === undefined ? undefined : entryOf(rows[0]);
}

function cursorOf(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new RangeError(`"${text}" is not a cursor of requests`);
  return text;
}

function conditions(sql: Sql, filter: AccessLogFilter) {
  const part = (column: string, text: string | undefined) =>
    text === undefined || text === ""
      ? sql``
      : sql`and ${sql.unsafe(column)} ilike ${`%${text.replace(/[\\%_]/g, "\\$&")}%`}`;
  const status =
    filter.status === undefined || filter.status === "" ? undefined : parseStatusFilter(filter.status);
  if (filter.status !== undefined && filter.status !== "" && status === undefined) {
    throw new RangeError(`status "${filter.status}": write 404, 5xx, >=400 or 400-499`);
  }
  return sql`
    ${
      filter.range === undefined
        ? sql``
        : sql`and at >= to_timestamp(${filter.range.from.getTime() / 1000}::float8)
      and at < to_timestamp(${filter.range.to.getTime() / 1000}::float8)`
    }
    ${status === undefined ? sql`` : sql`and status between ${status.from} and ${status.to}`}
    ${filter.flag === undefined || filter.flag === "" ? sql`` : sql`and ${filter.flag.toUpperCase()} = any(flags)`}
    ${filter.minDurationMs === undefined ? sql`` : sql`and duration_ms >= ${filter.minDurationMs}`}
    ${filter.requestId === undefined || filter.requestId === "" ? sql`` : sql`and request_id <> '' and request_id = ${filter.requestId}`}
    ${filter.traceId === undefined || filter.traceId === "" ? sql`` : ofTrace(sql, filter.traceId.toLowerCase())}
    ${part("node", filter.node)} ${part("method", filter.method)} ${part("authority", filter.authority)}
    ${part("path", filter.path)} ${part("route", filter.route)} ${part("cluster", filter.cluster)}`;
}

/** Envoy's log entries name no trace; its spans name the request. */
function ofTrace(sql: Sql, traceId: string) {
  return sql`and ((trace_id <> '' and trace_id = ${traceId}) or (request_id <> '' and request_id in (
    select s.request_id from telemetry.spans s where s.trace_id = ${traceId} and s.request_id <> '')))`;
}

function entryOf(row: RequestRow): AccessLogEntry {
  return {
    id: row.id,
    at: new Date(row.at_ms),
    node: row.node,
    listener: row.listener,
    method: row.method,
    authority: row.authority,
    path: row.path,
    protocol: row.protocol,
    status: row.status,
    flags: JSON.parse(row.flags) as string[],
    details: row.details,
    durationMs: row.duration_ms,
    bytesReceived: row.bytes_received,
    bytesSent: row.bytes_sent,
    virtualHost: row.virtual_host,
    route: row.route,
    cluster: row.cluster,
    upstreamAddress: row.upstream_address,
    downstreamAddress: row.downstream_address,
    attempts: row.attempts,
    requestId: row.request_id,
    traceId: row.trace_id,
    userAgent: row.user_agent,
    timings: JSON.parse(row.timings) as Record<string, number>,
  };
}
