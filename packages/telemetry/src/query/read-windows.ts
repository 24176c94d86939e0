import type { Sql } from "@sluice/database";
import type { Resolution, ScopeKind, ScopeWindow } from "../contract.ts";
import { GAUGES, type MutableMeasures } from "../measures/measures.ts";
import { GAUGE_COLUMNS, measuresOf, SUM_COUNTERS, TABLE_OF } from "../schema/stats-columns.ts";

/** A gauge that did not change is stored again at least this often while it is not zero. */
const GAUGE_HEARTBEAT_SECONDS = 10;
const GAUGE_SUMS = GAUGE_COLUMNS.map((column) => `sum(${column})::float8 as ${column}`).join(", ");

export interface WindowQuery {
  readonly resolution: Resolution;
  /** Inclusive; in whole steps of the resolution. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** What rates are divided by; default `to - from`. */
  readonly seconds?: number;
  readonly kinds: readonly ScopeKind[];
  readonly names?: readonly string[];
  readonly node?: string;
}

/** Every scope of `kinds` that has rows in the window: counters summed over it, gauges as they were at its end. */
export async function readWindows(sql: Sql, query: WindowQuery): Promise<ScopeWindow[]> {
  const table = sql.unsafe(TABLE_OF[query.resolution]);
  const toSeconds = query.to.getTime() / 1000;
  const fromSeconds = query.from.getTime() / 1000;
  const gaugeFrom = Math.min(fromSeconds, toSeconds - GAUGE_HEARTBEAT_SECONDS - 2);
  const only = sql`
    at < to_timestamp(${toSeconds}::float8)
    and kind = any(${[...query.kinds]}::text[])
    ${query.names === undefined ? sql`` : sql`and name = any(${[...query.names]}::text[])`}
    ${query.node === undefined ? sql`` : sql`and node = ${query.node}`}`;
  const [counters, gauges] = await Promise.all([
    sql<(Record<string, unknown> & { kind: ScopeKind; name: string })[]>`
      select kind, name, ${sql.unsafe(SUM_COUNTERS)} from ${table}
      where at >= to_timestamp(${fromSeconds}::float8) and ${only} group by kind, name`,
    sql<(Record<string, unknown> & { kind: ScopeKind; name: string })[]>`
      select kind, name, ${sql.unsafe(GAUGE_SUMS)} from (
        select distinct on (kind, name, node) kind, name, ${sql.unsafe(GAUGE_COLUMNS.join(", "))} from ${table}
        where at >= to_timestamp(${gaugeFrom}::float8) and ${only} order by kind, name, node, at desc
      ) latest group by kind, name`,
  ]);
  const seconds = query.seconds ?? toSeconds - fromSeconds;
  const found = new Map<string, { kind: ScopeKind; name: string; measures: MutableMeasures }>();
  for (const row of gauges) {
    found.set(`${row.kind}:${row.name}`, { kind: row.kind, name: row.name, measures: measuresOf(row) });
  }
  for (const row of counters) {
    const measures = measuresOf(row);
    const gauge = found.get(`${row.kind}:${row.name}`)?.measures;
    if (gauge !== undefined) for (const name of GAUGES) measures[name] = gauge[name];
    found.set(`${row.kind}:${row.name}`, { kind: row.kind, name: row.name, measures });
  }
  return [...found.values()].map(({ kind, name, measures }) => ({
    scope: { kind, name },
    node: query.node,
    from: query.from,
    seconds,
    measures,
  }));
}
