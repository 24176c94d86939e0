import type { Sql } from "@sluice/database";
import type { Resolution, Scope, Series, TimeRange } from "../contract.ts";
import { GAUGES, type MutableMeasures } from "../measures/measures.ts";
import { measuresOf, SECONDS_OF, SUM_ALL, TABLE_OF } from "../schema/stats-columns.ts";

export interface SeriesQuery {
  readonly scopes: readonly Scope[];
  readonly range: TimeRange;
  /** One node; default the sum over all. */
  readonly node?: string;
  /** Default by age and length of the range, see `chooseStep`. */
  readonly resolution?: Resolution;
  /** With `resolution`, a multiple of its seconds: from one point to the next. Default as few as `pointsMax` allows. */
  readonly stepSeconds?: number;
  /** Default 900. */
  readonly pointsMax?: number;
}

/** Scopes over time, one series each, in the order asked for. A scope without rows gives an empty series. */
export async function readSeries(sql: Sql, query: SeriesQuery): Promise<Series[]> {
  const { resolution, stepSeconds } = chooseStep(
    query.range,
    new Date(),
    query.resolution,
    query.pointsMax ?? 900,
  );
  return readPoints(sql, query, resolution, query.stepSeconds ?? stepSeconds);
}

/**
 * The one-second points from `since` on (inclusive), for a chart that is already drawn: replace points of equal time,
 * append the rest, and pass `next` the next time. A second is final two seconds after it began.
 */
export async function readSeriesSince(
  sql: Sql,
  query: { readonly scopes: readonly Scope[]; readonly since: Date; readonly node?: string },
): Promise<{ series: Series[]; next: Date }> {
  const now = new Date();
  const range = { from: query.since, to: new Date(now.getTime() + 5_000) };
  const series = await readPoints(sql, { ...query, range }, "1s", 1);
  const final = Math.floor(now.getTime() / 1000) * 1000 - 2_000;
  return { series, next: new Date(Math.max(query.since.getTime(), final)) };
}

const KEPT_SECONDS: Readonly<Record<Resolution, number>> = { "1s": 900, "10s": 86_400, "1m": 31 * 86_400 };

/** The finest resolution that is still kept for the range's begin, in steps long enough for `pointsMax`. */
export function chooseStep(
  range: TimeRange,
  now: Date,
  wanted: Resolution | undefined,
  pointsMax: number,
): { resolution: Resolution; stepSeconds: number } {
  const age = (now.getTime() - range.from.getTime()) / 1000;
  const length = Math.max(1, (range.to.getTime() - range.from.getTime()) / 1000);
  const resolution =
    wanted ??
    (["1s", "10s"] as const).find(
      (candidate) => age <= KEPT_SECONDS[candidate] + 5 && length / SECONDS_OF[candidate] <= pointsMax + 5,
    ) ??
    "1m";
  const base = SECONDS_OF[resolution];
  return { resolution, stepSeconds: base * Math.max(1, Math.ceil(length / base / (pointsMax + 5))) };
}

async function readPoints(
  sql: Sql,
  query: Pick<SeriesQuery, "scopes" | "range" | "node">,
  resolution: Resolution,
  stepSeconds: number,
): Promise<Series[]> {
  const rows = await sql<(Record<string, unknown> & { kind: string; name: string; ms: number })[]>`
    select kind, name, (extract(epoch from bucket) * 1000)::float8 as ms, ${sql.unsafe(SUM_ALL)}
    from (
      select *, date_bin(make_interval(secs => ${stepSeconds}::int), at, 'epoch') as bucket
      from ${sql.unsafe(TABLE_OF[resolution])}
      where (kind, name) in (select * from unnest(
          ${query.scopes.map(({ kind }) => kind)}::text[], ${query.scopes.map(({ name }) => name)}::text[]))
        and at >= to_timestamp(${query.range.from.getTime() / 1000}::float8)
        and at < to_timestamp(${query.range.to.getTime() / 1000}::float8)
        ${query.node === undefined ? sql`` : sql`and node = ${query.node}`}
    ) rows group by kind, name, bucket order by bucket`;
  const perStep = stepSeconds / SECONDS_OF[resolution];
  return query.scopes.map((scope) => ({
    scope,
    node: query.node,
    resolution,
    stepSeconds,
    points: rows
      .filter(({ kind, name }) => kind === scope.kind && name === scope.name)
      .map((row) => ({ at: new Date(row.ms), measures: averageGauges(measuresOf(row), perStep) })),
  }));
}

/** Several stored rows made one point: their gauges were added up, a point shows the mean. */
function averageGauges(measures: MutableMeasures, rowsPerPoint: number): MutableMeasures {
  if (rowsPerPoint > 1) for (const name of GAUGES) measures[name] = Math.round(measures[name] / rowsPerPoint);
  return measures;
}
