import type { Sql } from "@sluice/database";
import { type Span, TELEMETRY_CHANNELS } from "../contract.ts";
import { spanTitle } from "../measures/span-title.ts";
import { cleanText } from "./clean-text.ts";

const ORDER_LOCK = 7_583_442_102;

const COLUMNS = `trace_id, span_id, parent_span_id, name, kind, service, node, start_ns, duration_ns, error, attributes,
  events, request_id`;

// A trace's row follows its spans: its name is the title of the span that began first.
const STATEMENT = `
  with ordered as materialized (select pg_advisory_xact_lock($3::bigint)), given as materialized (
    select $1::text::jsonb as spans
  ), stored as (
    insert into telemetry.spans (${COLUMNS})
    select ${COLUMNS.split(",")
      .map((column) => `r.${column.trim()}`)
      .join(", ")}
    from ordered, given, jsonb_populate_recordset(null::telemetry.spans, given.spans) r
    on conflict (trace_id, span_id) do nothing
    returning trace_id, span_id, parent_span_id, service, start_ns, duration_ns, error
  ), titled as (
    select s.*, r.title from stored s join (
      select distinct on (trace_id, span_id) trace_id, span_id, title
      from given, jsonb_to_recordset(given.spans) as r(trace_id text, span_id text, title text)
    ) r using (trace_id, span_id)
  ), changed as (
    select trace_id, min(start_ns) as start_ns, max(start_ns + duration_ns) as end_ns, count(*)::int as spans,
      (count(*) filter (where error))::int as errors,
      (array_agg(title order by start_ns, parent_span_id nulls first))[1] as root_name,
      (array_agg(service order by start_ns, parent_span_id nulls first))[1] as service
    from titled group by trace_id order by trace_id
  ), summed as (
    insert into telemetry.traces as t (trace_id, seq, root_name, service, start_ns, end_ns, span_count, error_count)
    select trace_id, nextval('telemetry.trace_seq'), root_name, service, start_ns, end_ns, spans, errors from changed
    on conflict (trace_id) do update set
      seq = excluded.seq,
      root_name = case when excluded.start_ns <= t.start_ns then excluded.root_name else t.root_name end,
      service = case when excluded.start_ns <= t.start_ns then excluded.service else t.service end,
      start_ns = least(t.start_ns, excluded.start_ns),
      end_ns = greatest(t.end_ns, excluded.end_ns),
      span_count = t.span_count + excluded.span_count,
      error_count = t.error_count + excluded.error_count
  )
  select set_config('synchronous_commit', 'off', true), pg_notify($2::text, '{}')`;

/** A span that came before is left as it is. */
export async function writeSpans(sql: Sql, spans: readonly Span[]): Promise<void> {
  const rows = spans.map((span) => ({
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId ?? null,
    name: cleanText(span.name),
    title: cleanText(spanTitle(span)),
    kind: span.kind,
    service: cleanText(span.service),
    node: cleanText(span.node),
    start_ns: span.startNs.toString(),
    duration_ns: span.durationNs.toString(),
    error: span.error,
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [
        cleanText(key),
        typeof value === "string" ? cleanText(value) : value,
      ]),
    ),
    events: span.events.map(({ name, atNs }) => ({ name: cleanText(name), atNs: atNs.toString() })),
    request_id: cleanText(String(span.attributes["guid:x-request-id"] ?? "")),
  }));
  await sql.unsafe(STATEMENT, [JSON.stringify(rows), TELEMETRY_CHANNELS.traces, ORDER_LOCK], {
    prepare: true,
  });
}
