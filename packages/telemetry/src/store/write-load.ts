import type { Sql } from "@sluice/database";
import type { ReportedLoad } from "../ingest/read-load-report.ts";
import { cleanText } from "./clean-text.ts";

export interface LoadRow extends ReportedLoad {
  readonly node: string;
  readonly atMs: number;
}

const STEP_MS = 10_000;

// A node may report twice within a step: counts add up, the gauge is the later one's, and so are the metrics' sums.
const STATEMENT = `
  insert into telemetry.load_reports as l
    (at, node, cluster, scope, region, zone, sub_zone, priority, endpoint, issued, successful, failed, in_progress, dropped, metrics)
  select at, node, cluster, scope, region, zone, sub_zone, priority, endpoint, issued, successful, failed, in_progress, dropped, metrics
  from jsonb_populate_recordset(null::telemetry.load_reports, $1::text::jsonb)
  on conflict (at, node, cluster, scope, region, zone, sub_zone, priority, endpoint) do update set
    issued = l.issued + excluded.issued, successful = l.successful + excluded.successful,
    failed = l.failed + excluded.failed, in_progress = excluded.in_progress, dropped = l.dropped + excluded.dropped,
    metrics = l.metrics || (
      select coalesce(jsonb_object_agg(key, jsonb_build_object(
        'requests', (value->>'requests')::float8 + coalesce((l.metrics->key->>'requests')::float8, 0),
        'total', (value->>'total')::float8 + coalesce((l.metrics->key->>'total')::float8, 0))), '{}'::jsonb)
      from jsonb_each(excluded.metrics))`;

/** Adds rows to what is stored of their 10 seconds. */
export async function writeLoad(sql: Sql, rows: readonly LoadRow[]): Promise<void> {
  // One statement cannot add to a row twice: reports of one node that fall into one step go one after the other.
  let rest = rows;
  while (rest.length > 0) {
    const batch = new Map<string, Record<string, unknown>>();
    const later: LoadRow[] = [];
    for (const row of rest) {
      const record = recordOf(row);
      const { at, node, cluster, scope, region, zone, sub_zone, priority, endpoint } = record;
      const key = JSON.stringify([at, node, cluster, scope, region, zone, sub_zone, priority, endpoint]);
      if (batch.has(key)) later.push(row);
      else batch.set(key, record);
    }
    const sorted = [...batch].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
    await sql.unsafe(STATEMENT, [JSON.stringify(sorted)], { prepare: true });
    rest = later;
  }
}

function recordOf(row: LoadRow) {
  return {
    at: new Date(Math.floor(row.atMs / STEP_MS) * STEP_MS).toISOString(),
    node: cleanText(row.node),
    cluster: cleanText(row.cluster),
    scope: row.scope,
    region: cleanText(row.region),
    zone: cleanText(row.zone),
    sub_zone: cleanText(row.subZone),
    priority: row.priority,
    endpoint: cleanText(row.endpoint),
    issued: row.issued,
    successful: row.successful,
    failed: row.failed,
    in_progress: row.inProgress,
    dropped: row.dropped,
    metrics: Object.fromEntries(Object.entries(row.metrics).map(([name, value]) => [cleanText(name), value])),
  };
}
