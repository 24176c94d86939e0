import type { Sql } from "@sluice/database";

export interface Retention {
  /** Default 15 minutes. */
  readonly seconds1sMs?: number;
  /** Default a day. */
  readonly seconds10sMs?: number;
  /** Default 31 days. */
  readonly minutesMs?: number;
  /** Default a day. */
  readonly requestsMs?: number;
  /** Default 200,000. */
  readonly requestsMax?: number;
  /** Default a day. */
  readonly tracesMs?: number;
  /** Default 50,000. */
  readonly tracesMax?: number;
  /** Default a day. */
  readonly loadMs?: number;
}

const DAY_MS = 86_400_000;
/** A delete takes at most so many rows, so that no statement runs long; the next round goes on. */
const ROWS_AT_ONCE = 50_000;

/** Deletes what is older, or more, than is kept. */
export async function applyRetention(sql: Sql, retention: Retention = {}): Promise<void> {
  const aged: readonly (readonly [table: string, column: string, ageMs: number])[] = [
    ["stats_1s", "at", retention.seconds1sMs ?? 15 * 60_000],
    ["stats_10s", "at", retention.seconds10sMs ?? DAY_MS],
    ["stats_1m", "at", retention.minutesMs ?? 31 * DAY_MS],
    ["drops", "at", 31 * DAY_MS],
    ["reporters", "last_at", DAY_MS],
    ["requests", "at", retention.requestsMs ?? DAY_MS],
    ["spans", "stored_at", retention.tracesMs ?? DAY_MS],
    ["load_reports", "at", retention.loadMs ?? DAY_MS],
    ["traces", "stored_at", retention.tracesMs ?? DAY_MS],
  ];
  for (const [table, column, ageMs] of aged) {
    await sql.unsafe(
      `delete from telemetry.${table} where ctid = any(array(
         select ctid from telemetry.${table} where ${column} < now() - make_interval(secs => $1::float8) limit ${ROWS_AT_ONCE}))`,
      [ageMs / 1000],
    );
  }
  await sql`
    delete from telemetry.requests where id <= (select max(id) from telemetry.requests) - ${retention.requestsMax ?? 200_000}::bigint`;
  await sql`
    with excess as (
      delete from telemetry.traces where trace_id in (
        select trace_id from telemetry.traces order by start_ns desc
        offset ${retention.tracesMax ?? 50_000}::bigint limit ${ROWS_AT_ONCE}::bigint)
      returning trace_id
    ) delete from telemetry.spans where trace_id in (select trace_id from excess)`;
}
