import type { Sql } from "@sluice/database";
import type { Overview, ScopeWindow, Window } from "../contract.ts";
import { addMeasures, emptyMeasures } from "../measures/measures.ts";
import { readDrops } from "./read-drops.ts";
import { readWindows } from "./read-windows.ts";

/**
 * The state of everything now and an hour ago.
 *
 * @param options.windowSeconds length of "now", default 5; rates are true from the first report on, because the window
 *   ends where the newest report does
 * @param options.node one node only; default all
 */
export async function readOverview(
  sql: Sql,
  options: { readonly windowSeconds?: number; readonly node?: string } = {},
): Promise<Overview> {
  const asOf = await readAsOf(sql, options.node);
  const drops = readDrops(sql, { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) });
  if (asOf === undefined) {
    const now: Window = { from: new Date(), seconds: 1, measures: emptyMeasures() };
    return {
      asOf,
      now,
      hourAgo: undefined,
      nodes: [],
      listeners: [],
      clusters: [],
      drops: await drops,
    };
  }
  const { from, to, seconds } = windowBefore(asOf, options.windowSeconds ?? 5);
  const node = options.node === undefined ? {} : { node: options.node };
  const hourAgoFrom = new Date(Math.floor((asOf.getTime() - 3_600_000) / 10_000) * 10_000);
  const [windows, before] = await Promise.all([
    readWindows(sql, {
      resolution: "1s",
      from,
      to,
      seconds,
      kinds: ["node", "listener", "cluster"],
      ...node,
    }),
    readWindows(sql, {
      resolution: "10s",
      from: hourAgoFrom,
      to: new Date(hourAgoFrom.getTime() + 10_000),
      kinds: ["node"],
      ...node,
    }),
  ]);
  const nodes = windows.filter(({ scope }) => scope.kind === "node");
  return {
    asOf,
    now: { from, seconds, measures: total(nodes) },
    hourAgo: before.length === 0 ? undefined : { from: hourAgoFrom, seconds: 10, measures: total(before) },
    nodes,
    listeners: windows.filter(({ scope }) => scope.kind === "listener"),
    clusters: windows.filter(({ scope }) => scope.kind === "cluster"),
    drops: await drops,
  };
}

/** When the newest report arrived, by the collectors' clocks. */
export async function readAsOf(sql: Sql, node?: string): Promise<Date | undefined> {
  const rows = await sql<{ last: number | null }[]>`
    select (extract(epoch from max(last_at)) * 1000)::float8 as last from telemetry.reporters
    ${node === undefined ? sql`` : sql`where node = ${node}`}`;
  const last = rows[0]?.last;
  return last === null || last === undefined ? undefined : new Date(last);
}

/** The `windowSeconds` that end with the report at `asOf`: whole seconds but the last, which has only just begun. */
export function windowBefore(asOf: Date, windowSeconds: number): { from: Date; to: Date; seconds: number } {
  const second = Math.floor(asOf.getTime() / 1000);
  const from = second - Math.max(1, Math.round(windowSeconds)) + 1;
  const seconds = Math.max(0.5, asOf.getTime() / 1000 - from);
  return { from: new Date(from * 1000), to: new Date((second + 1) * 1000), seconds };
}

function total(windows: readonly ScopeWindow[]) {
  const sum = emptyMeasures();
  for (const { measures } of windows) addMeasures(sum, measures);
  return sum;
}
