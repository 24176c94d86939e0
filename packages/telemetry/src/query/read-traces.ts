import type { Sql } from "@sluice/database";
import type { Span, TraceFilter, TracePage, TraceSummary, TraceTail } from "../contract.ts";

const COLUMNS = `trace_id, root_name, service, start_ns::text as start_ns, end_ns::text as end_ns, span_count, error_count`;

interface TraceRow {
  trace_id: string;
  root_name: string;
  service: string;
  start_ns: string;
  end_ns: string;
  span_count: number;
  error_count: number;
}

/**
 * Traces, newest first.
 *
 * @param query.before `next` of the page before; default the newest
 * @param query.limit 1…500, default 50
 */
export async function searchTraces(
  sql: Sql,
  query: { readonly filter?: TraceFilter; readonly before?: string; readonly limit?: number } = {},
): Promise<TracePage> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), 500);
  const [beforeNs, beforeId] = (query.before ?? "").split("/");
  if (query.before !== undefined && (!/^\d{1,19}$/.test(beforeNs ?? "") || beforeId === undefined)) {
    throw new RangeError(`"${query.before}" is not a cursor of traces`);
  }
  const rows = await sql<TraceRow[]>`
    select ${sql.unsafe(COLUMNS)} from telemetry.traces t
    where ${query.before === undefined ? sql`true` : sql`(start_ns, trace_id) < (${beforeNs ?? ""}::bigint, ${beforeId ?? ""})`}
      ${conditions(sql, query.filter ?? {})}
    order by t.start_ns desc, t.trace_id desc limit ${limit + 1}`;
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    traces: rows.slice(0, limit).map(summaryOf),
    next: last === undefined ? undefined : `${last.start_ns}/${last.trace_id}`,
  };
}

/**
 * For live lists: traces that changed after the cursor, oldest change first.
 *
 * @param query.after `cursor` of the call before; default: the `limit` newest
 * @param query.limit 1…500, default 50
 */
export async function readTracesSince(
  sql: Sql,
  query: { readonly filter?: TraceFilter; readonly after?: string; readonly limit?: number } = {},
): Promise<TraceTail> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), 500);
  if (query.after !== undefined && !/^\d{1,18}$/.test(query.after)) {
    throw new RangeError(`"${query.after}" is not a cursor of traces`);
  }
  const newest = await sql<
    { seq: string }[]
  >`select coalesce(max(seq), 0)::text as seq from telemetry.traces`;
  const cursor = newest[0]?.seq ?? "0";
  const rows = await sql<TraceRow[]>`
    select ${sql.unsafe(COLUMNS)} from telemetry.traces t
    where seq <= ${cursor}::bigint ${query.after === undefined ? sql`` : sql`and seq > ${query.after}::bigint`}
      ${conditions(sql, query.filter ?? {})}
    order by t.seq desc limit ${limit}`;
  return { traces: rows.map(summaryOf).reverse(), cursor };
}

/** All stored spans of one trace, by start; empty when there is none. `traceId`: 32 hex digits. */
export async function readTrace(sql: Sql, traceId: string): Promise<Span[]> {
  const rows = await sql<
    {
      trace_id: string;
      span_id: string;
      parent_span_id: string | null;
      name: string;
      kind: Span["kind"];
      service: string;
      node: string;
      start_ns: string;
      duration_ns: string;
      error: boolean;
      attributes: string;
      events: string;
    }[]
  >`
    select trace_id, span_id, parent_span_id, name, kind, service, node, start_ns::text as start_ns,
      duration_ns::text as duration_ns, error, attributes::text as attributes, events::text as events
    from telemetry.spans s where trace_id = ${traceId.toLowerCase()} order by s.start_ns, s.duration_ns desc, s.span_id`;
  return rows.map((row) => ({
    traceId: row.trace_id,
    spanId: row.span_id,
    parentSpanId: row.parent_span_id ?? undefined,
    name: row.name,
    kind: row.kind,
    service: row.service,
    node: row.node,
    startNs: BigInt(row.start_ns),
    durationNs: BigInt(row.duration_ns),
    error: row.error,
    attributes: JSON.parse(row.attributes) as Span["attributes"],
    events: (JSON.parse(row.events) as { name: string; atNs: string }[]).map(({ name, atNs }) => ({
      name,
      atNs: BigInt(atNs),
    })),
  }));
}

function conditions(sql: Sql, filter: TraceFilter) {
  const like = `%${(filter.text ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  const ns = (at: Date) => `${BigInt(at.getTime()) * 1_000_000n}`;
  return sql`
    ${filter.range === undefined ? sql`` : sql`and start_ns >= ${ns(filter.range.from)}::bigint and start_ns < ${ns(filter.range.to)}::bigint`}
    ${filter.minDurationMs === undefined ? sql`` : sql`and end_ns - start_ns >= ${`${Math.round(filter.minDurationMs * 1e6)}`}::bigint`}
    ${filter.errorsOnly === true ? sql`and error_count > 0` : sql``}
    ${
      filter.node === undefined || filter.node === ""
        ? sql``
        : sql`and exists (select 1 from telemetry.spans s where s.trace_id = t.trace_id and s.node = ${filter.node})`
    }
    ${
      filter.text === undefined || filter.text === ""
        ? sql``
        : sql`and (root_name ilike ${like} or service ilike ${like} or t.trace_id = ${filter.text.toLowerCase()} or exists (
            select 1 from telemetry.spans s, jsonb_each_text(s.attributes) a
            where s.trace_id = t.trace_id and a.value ilike ${like}))`
    }`;
}

function summaryOf(row: TraceRow): TraceSummary {
  const startNs = BigInt(row.start_ns);
  return {
    traceId: row.trace_id,
    rootName: row.root_name,
    service: row.service,
    startAt: new Date(Number(startNs / 1_000_000n)),
    durationMs: Number(BigInt(row.end_ns) - startNs) / 1e6,
    spanCount: row.span_count,
    errorCount: row.error_count,
  };
}
