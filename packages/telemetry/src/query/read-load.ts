import type { Sql } from "@sluice/database";
import type { Load, TimeRange } from "../contract.ts";

export interface LoadQuery {
  readonly by: "cluster" | "locality" | "endpoint";
  readonly cluster?: string;
  readonly node?: string;
  /** Steps of 10 s that begin in it; default: the last five minutes. */
  readonly range?: TimeRange;
}

const WINDOW_MS = 300_000;
const KEYS = ["region", "zone", "sub_zone", "priority", "endpoint"];
const COUNTS = ["issued", "successful", "failed", "dropped"];

type Row = Omit<Load, "subZone" | "inProgress"> & { readonly sub_zone: string; readonly in_progress: number };

/** What the nodes' load reports (LRS) add up to, most issued first. Only nodes whose bootstrap asks for it report load. */
export async function readLoad(sql: Sql, query: LoadQuery): Promise<Load[]> {
  const to = query.range?.to ?? new Date();
  const from = query.range?.from ?? new Date(to.getTime() - WINDOW_MS);
  // A cluster's load is that of its localities; its own rows have what was dropped.
  const byCluster = query.by === "cluster";
  const keys = byCluster ? [`'' as region, '' as zone, '' as sub_zone, 0 as priority, '' as endpoint`] : KEYS;
  const scopes = byCluster ? ["cluster", "locality"] : [query.by];
  const counts = COUNTS.map((name) => `sum(${name})::float8 as ${name}`).join(", ");
  const group = byCluster ? "cluster" : `cluster, ${KEYS.join(", ")}`;
  const rows = await sql.unsafe<Row[]>(
    `with chosen as (
       select * from telemetry.load_reports
       where at >= $1::timestamptz and at <= $2::timestamptz and scope = any($3::text[])
         and ($4::text is null or cluster = $4) and ($5::text is null or node = $5)
     ), gauges as (
       select distinct on (node, cluster, scope, ${KEYS.join(", ")}) * from chosen
       order by node, cluster, scope, ${KEYS.join(", ")}, at desc
     ), gauge_sums as (
       select ${group}, sum(in_progress)::float8 as in_progress from gauges group by ${group}
     ), metric_sums as (
       select ${group}, key, sum((value->>'requests')::float8) as requests, sum((value->>'total')::float8) as total
       from chosen, jsonb_each(metrics) group by ${group}, key
     ), sums as (
       select ${group}, ${counts} from chosen group by ${group}
     )
     select cluster, ${keys.join(", ")}, ${COUNTS.join(", ")}, in_progress, coalesce((
       select jsonb_object_agg(key, jsonb_build_object('requests', requests, 'total', total)) from metric_sums
       where row(${group.replaceAll(/\w+/g, "metric_sums.$&")}) = row(${group.replaceAll(/\w+/g, "sums.$&")})
     ), '{}'::jsonb) as metrics
     from sums join gauge_sums using (${group}) order by issued desc, cluster`,
    [from.toISOString(), to.toISOString(), scopes, query.cluster ?? null, query.node ?? null],
  );
  return rows.map(({ sub_zone: subZone, in_progress: inProgress, ...row }) => ({
    ...row,
    subZone,
    inProgress,
  }));
}
