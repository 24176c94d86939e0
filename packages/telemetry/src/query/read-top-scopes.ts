import type { Sql } from "@sluice/database";
import type { ScopeKind, ScopeWindow, TimeRange } from "../contract.ts";
import { percentile } from "../measures/percentile.ts";
import { SECONDS_OF } from "../schema/stats-columns.ts";
import { readAsOf, windowBefore } from "./read-overview.ts";
import { chooseStep } from "./read-series.ts";
import { readWindows, type WindowQuery } from "./read-windows.ts";

export type TopOrder = "requests" | "errors" | "p95" | "connections" | "bytes";

export interface TopScopesQuery {
  readonly kind: ScopeKind;
  /** Default `requests`. */
  readonly by?: TopOrder;
  /** Default 20. */
  readonly limit?: number;
  readonly node?: string;
  /** Default: the newest `windowSeconds`. */
  readonly range?: TimeRange;
  /** Default 60. */
  readonly windowSeconds?: number;
}

/** The busiest (or worst) scopes of a kind, greatest first; scopes with nothing to rank by are left out. */
export async function readTopScopes(sql: Sql, query: TopScopesQuery): Promise<ScopeWindow[]> {
  const window = await windowOf(sql, query);
  if (window === undefined) return [];
  const windows = await readWindows(sql, {
    ...window,
    kinds: [query.kind],
    ...(query.node === undefined ? {} : { node: query.node }),
  });
  return windows
    .map((entry) => ({ entry, weight: weightOf(entry, query.by ?? "requests") }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.entry.scope.name.localeCompare(b.entry.scope.name))
    .slice(0, query.limit ?? 20)
    .map(({ entry }) => entry);
}

/** Where to read a range, or the newest seconds; undefined when no node ever reported. */
export async function windowOf(
  sql: Sql,
  query: { readonly range?: TimeRange; readonly windowSeconds?: number; readonly node?: string },
): Promise<Pick<WindowQuery, "resolution" | "from" | "to" | "seconds"> | undefined> {
  if (query.range !== undefined) {
    const { resolution } = chooseStep(query.range, new Date(), undefined, 900);
    const step = SECONDS_OF[resolution] * 1000;
    return {
      resolution,
      from: new Date(Math.floor(query.range.from.getTime() / step) * step),
      to: new Date(Math.ceil(query.range.to.getTime() / step) * step),
    };
  }
  const asOf = await readAsOf(sql, query.node);
  return asOf === undefined
    ? undefined
    : { resolution: "1s", ...windowBefore(asOf, query.windowSeconds ?? 60) };
}

function weightOf({ measures }: ScopeWindow, by: TopOrder): number {
  switch (by) {
    case "requests":
      return measures.requests;
    case "errors":
      return Math.max(measures.responses5xx, measures.failures);
    case "p95":
      return percentile(measures.latency, 0.95) ?? 0;
    case "connections":
      return measures.connectionsActive + measures.connectionsOpened;
    case "bytes":
      return measures.bytesReceived + measures.bytesSent;
  }
}
