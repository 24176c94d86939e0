import type { Sql } from "@sluice/database";
import type { Drops, TimeRange } from "../contract.ts";

export type DropKind = keyof Drops;

/** What was counted but not stored in the minutes that the range touches. */
export async function readDrops(sql: Sql, range: TimeRange): Promise<Drops> {
  const rows = await sql<{ what: DropKind; count: number }[]>`
    select what, sum(count)::float8 as count from telemetry.drops
    where at >= date_trunc('minute', to_timestamp(${range.from.getTime() / 1000}::float8))
      and at <= to_timestamp(${range.to.getTime() / 1000}::float8)
    group by what`;
  const drops = { requestsSampled: 0, requestsLost: 0, spansSampled: 0, spansLost: 0, statsLost: 0 };
  for (const { what, count } of rows) if (what in drops) drops[what] = count;
  return drops;
}
