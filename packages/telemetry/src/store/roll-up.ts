import type { Sql } from "@sluice/database";
import { LATENCY_COLUMNS } from "../schema/schema.ts";
import { COUNTER_COLUMNS, GAUGE_COLUMNS } from "../schema/stats-columns.ts";

export interface RollUp {
  readonly from: "telemetry.stats_1s" | "telemetry.stats_10s";
  readonly to: "telemetry.stats_10s" | "telemetry.stats_1m";
  readonly stepSeconds: 10 | 60;
}

export const ROLL_UPS: readonly RollUp[] = [
  { from: "telemetry.stats_1s", to: "telemetry.stats_10s", stepSeconds: 10 },
  { from: "telemetry.stats_10s", to: "telemetry.stats_1m", stepSeconds: 60 },
];

const VALUES = [...COUNTER_COLUMNS, ...GAUGE_COLUMNS, ...LATENCY_COLUMNS];
const SUMS = [
  ...COUNTER_COLUMNS.map((column) => `sum(${column})`),
  ...GAUGE_COLUMNS.map((column) => `(array_agg(${column} order by at desc))[1]`),
  ...LATENCY_COLUMNS.map((column) => `sum(${column})`),
].join(", ");
const UPDATES = VALUES.map((column) => `${column} = excluded.${column}`).join(", ");

/**
 * Makes the coarser rows anew from the finer ones of the last `lookbackSeconds` (and of whatever time the coarser table
 * has missed), the step that is still running included. Repeating it changes nothing.
 */
export async function rollUp(
  sql: Sql,
  { from, to, stepSeconds }: RollUp,
  lookbackSeconds: number,
): Promise<void> {
  await sql.unsafe(
    `insert into ${to} (at, kind, name, node, ${VALUES.join(", ")})
     select date_bin(make_interval(secs => $1::int), at, 'epoch') as bucket, kind, name, node, ${SUMS}
     from ${from} where at >= date_bin(make_interval(secs => $1::int), least(
       coalesce((select max(at) from ${to}), 'epoch'), now() - make_interval(secs => $2::int)), 'epoch')
     group by bucket, kind, name, node
     on conflict (kind, name, node, at) do update set ${UPDATES}`,
    [stepSeconds, lookbackSeconds],
    { prepare: true },
  );
}
