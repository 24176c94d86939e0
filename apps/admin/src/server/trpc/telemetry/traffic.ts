import type { Sql } from "@sluice/database";
import {
  readAsOf,
  readSeries,
  readTopScopes,
  type Scope,
  TELEMETRY_CHANNELS,
  type TimeRange,
} from "@sluice/telemetry";
import { tracked } from "@trpc/server";
import { z } from "zod";
import type { TrafficColumns } from "../../../components/chart/traffic-columns.ts";
import { telemetryProcedure } from "../trpc.ts";
import { columnsOfSeries } from "./columns-of-series.ts";
import { feed } from "./feed.ts";
import { chartStep, instant, scopeInput } from "./live-input.ts";
import { sharedReads } from "./shared-read.ts";

export interface TrafficFrame {
  /** The server's clock: the right edge of the charts. */
  readonly at: Date;
  /** When a node last reported. */
  readonly asOf: Date | undefined;
  /** All of the range at first and after a long gap, then what is new and the last points again. */
  readonly columns: TrafficColumns;
}

const target = {
  /** Default: everything. */
  scope: scopeInput.optional(),
  /** As one node saw it; default all nodes together. */
  node: z.string().max(500).optional(),
};
const HOUR = 3_600;
/** A second is complete two seconds after it began; a coarser step when the rollup has run. */
const AGAIN_STEPS = 4;
const SHARED_MS = 200;

export const trafficProcedures = {
  /** The last `seconds` of a scope, going on by the second. */
  trafficLive: telemetryProcedure
    .input(
      z.object({
        ...target,
        seconds: z
          .number()
          .int()
          .min(60)
          .max(31 * 24 * HOUR),
        lastEventId: z.string().nullish(),
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const { services } = ctx;
      const stop = signal ?? AbortSignal.abort();
      const { stepSeconds } = chartStep(input.seconds);
      let last = Number(input.lastEventId ?? Number.NaN);
      const frames = feed(
        { hub: services.hub, channels: [TELEMETRY_CHANNELS.stats], signal: stop, log: services.log },
        async (): Promise<TrafficFrame> => {
          const at = services.now();
          const asOf = await sharedReads.read("as-of", SHARED_MS, () => readAsOf(services.sql));
          const begin = at.getTime() / 1000 - input.seconds;
          const from = Number.isNaN(last) ? begin : Math.max(begin, last - AGAIN_STEPS * stepSeconds);
          const range = { from: secondsToDate(Math.floor(from / stepSeconds) * stepSeconds), to: at };
          return { at, asOf, columns: await readColumns(services.sql, { ...input, range, asOf }) };
        },
      );
      for await (const frame of frames) {
        last = frame.columns.times.at(-1) ?? last;
        yield tracked(String(last), frame);
      }
    }),

  /** A range of the past. */
  trafficRange: telemetryProcedure
    .input(z.object({ ...target, from: instant, to: instant }))
    .query(async ({ ctx, input }): Promise<TrafficFrame> => {
      const { sql, now } = ctx.services;
      const asOf = await readAsOf(sql);
      return { at: now(), asOf, columns: await readColumns(sql, { ...input, range: input, asOf }) };
    }),

  /** Names to choose from, busiest first. */
  scopes: telemetryProcedure
    .input(
      z.object({
        kind: scopeInput.shape.kind,
        seconds: z
          .number()
          .int()
          .min(10)
          .max(31 * 24 * HOUR),
      }),
    )
    .query(({ ctx, input }) =>
      scopeNames(ctx.services.sql, input.kind, lastSeconds(ctx.services.now(), input.seconds)),
    ),
};

interface ColumnsQuery {
  readonly scope?: Scope | undefined;
  readonly node?: string | undefined;
  readonly range: TimeRange;
  readonly asOf: Date | undefined;
  readonly seconds?: number;
}

async function readColumns(sql: Sql, query: ColumnsQuery): Promise<TrafficColumns> {
  const { range, node, asOf } = query;
  const fromSeconds = range.from.getTime() / 1000;
  const toSeconds = range.to.getTime() / 1000;
  const { resolution, rowSeconds, stepSeconds } = chartStep(query.seconds ?? agedLength(range));
  // Of the second that has just begun nothing can be said yet; of the step that it is in, what came before it.
  const ended = Math.floor(Math.min(toSeconds, (asOf?.getTime() ?? 0) / 1000) / rowSeconds) * rowSeconds;
  // Seconds are added up here, where a gauge is known to hold between its rows; longer rows by the store.
  const readSeconds = resolution === "1s" ? rowSeconds : stepSeconds;
  const scopes = query.scope === undefined ? await totalScopes(sql, node, range) : [query.scope];
  if (scopes.length === 0) return columnsOfSeries([], stepSeconds, fromSeconds, ended, readSeconds);
  const series = await readSeries(sql, {
    scopes,
    // A gauge that was stored before the range still holds in it.
    range: { from: secondsToDate(fromSeconds - Math.max(15, stepSeconds)), to: range.to },
    ...(node === undefined ? {} : { node }),
    resolution,
    stepSeconds: readSeconds,
  });
  return columnsOfSeries(series, stepSeconds, fromSeconds, ended, readSeconds);
}

/** Old ranges are kept in coarse steps only: what counts is how long ago they begin. */
function agedLength(range: TimeRange): number {
  const ageSeconds = (Date.now() - range.from.getTime()) / 1000;
  const length = (range.to.getTime() - range.from.getTime()) / 1000;
  if (ageSeconds > 24 * HOUR) return Math.max(length, 24 * HOUR);
  return ageSeconds > 14 * 60 ? Math.max(length, HOUR) : length;
}

/** Everything is the sum over the nodes, since each request passes one. */
async function totalScopes(sql: Sql, node: string | undefined, range: TimeRange): Promise<readonly Scope[]> {
  if (node !== undefined) return [{ kind: "node", name: node }];
  const wide = lastSeconds(range.to, Math.max(60, (range.to.getTime() - range.from.getTime()) / 1000));
  const key = `nodes/${Math.floor(wide.from.getTime() / 60_000)}`;
  const names = await sharedReads.read(key, 2_000, () => scopeNames(sql, "node", wide));
  return names.map((name) => ({ kind: "node", name }));
}

async function scopeNames(sql: Sql, kind: Scope["kind"], range: TimeRange): Promise<readonly string[]> {
  const [busy, connected] = await Promise.all(
    (["requests", "connections"] as const).map((by) => readTopScopes(sql, { kind, by, limit: 500, range })),
  );
  const names = [...(busy ?? []), ...(connected ?? [])].map(({ scope }) => scope.name);
  return [...new Set(names)];
}

function lastSeconds(to: Date, seconds: number): TimeRange {
  return { from: new Date(to.getTime() - seconds * 1000), to };
}

function secondsToDate(seconds: number): Date {
  return new Date(seconds * 1000);
}
