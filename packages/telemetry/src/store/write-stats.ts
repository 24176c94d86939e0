import type { Sql } from "@sluice/database";
import { TELEMETRY_CHANNELS } from "../contract.ts";
import { LATENCY_COLUMNS } from "../schema/schema.ts";
import { COUNTER_COLUMNS, columnsOf, GAUGE_COLUMNS } from "../schema/stats-columns.ts";
import { cleanText } from "./clean-text.ts";
import type { StatsBatch, StatsRow } from "./stats-queue.ts";

const COLUMNS = ["at", "kind", "name", "node", ...COUNTER_COLUMNS, ...GAUGE_COLUMNS, ...LATENCY_COLUMNS];
const UPDATES = [
  ...COUNTER_COLUMNS.map((column) => `${column} = s.${column} + excluded.${column}`),
  ...GAUGE_COLUMNS.map((column) => `${column} = excluded.${column}`),
  ...LATENCY_COLUMNS.map(
    (column) => `${column} = nullif(coalesce(s.${column}, 0) + coalesce(excluded.${column}, 0), 0)`,
  ),
].join(", ");

// One statement, so one round trip and all or nothing. A crash of the server may cost its last half second: no need to
// wait for the disk at each tick.
const STATEMENT = `
  with rows as (
    insert into telemetry.stats_1s as s (${COLUMNS.join(", ")})
    select ${COLUMNS.join(", ")} from jsonb_populate_recordset(null::telemetry.stats_1s, $1::text::jsonb)
    on conflict (kind, name, node, at) do update set ${UPDATES}
    returning at
  ), seen as (
    insert into telemetry.reporters as r (node, last_at)
    select node, last_at from jsonb_populate_recordset(null::telemetry.reporters, $2::text::jsonb)
    on conflict (node) do update set last_at = greatest(r.last_at, excluded.last_at)
  ), dropped as (
    insert into telemetry.drops as d (at, node, what, count)
    select at, node, what, count from jsonb_populate_recordset(null::telemetry.drops, $3::text::jsonb)
    on conflict (at, node, what) do update set count = d.count + excluded.count
  )
  select set_config('synchronous_commit', 'off', true),
    pg_notify($4::text, json_build_object('at', coalesce((select min(at) from rows), now()))::text)`;

/** Adds a batch to what is stored and notifies with the earliest second that changed. Rows go in key order: replicas that
 * write the same ones wait for each other instead of deadlocking. */
export async function writeStats(sql: Sql, batch: StatsBatch): Promise<void> {
  const rows = [...batch.rows.values()].sort(byKey).map((row) => ({
    at: instant(row.second * 1000),
    kind: row.scope.kind,
    name: cleanText(row.scope.name),
    node: cleanText(row.node),
    ...columnsOf(row.measures),
  }));
  const reporters = [...batch.reporters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, at]) => ({ node: cleanText(node), last_at: instant(at) }));
  const drops = [...batch.drops.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, drop]) => ({
      at: instant(drop.minute * 1000),
      node: cleanText(drop.node),
      what: drop.what,
      count: drop.count,
    }));
  await sql.unsafe(
    STATEMENT,
    [JSON.stringify(rows), JSON.stringify(reporters), JSON.stringify(drops), TELEMETRY_CHANNELS.stats],
    { prepare: true },
  );
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function byKey(a: StatsRow, b: StatsRow): number {
  if (a.scope.kind !== b.scope.kind) return a.scope.kind < b.scope.kind ? -1 : 1;
  if (a.scope.name !== b.scope.name) return a.scope.name < b.scope.name ? -1 : 1;
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return a.second - b.second;
}
