import type { Sql } from "@sluice/database";
import type { ScopeKind } from "../contract.ts";
import { addMeasures, emptyMeasures, type MutableMeasures } from "../measures/measures.ts";
import { summarize } from "../measures/summarize.ts";
import { readWindows } from "./read-windows.ts";

export interface TrafficFiguresQuery {
  readonly kind: ScopeKind;
  /** That scope alone. */
  readonly name?: string | undefined;
  /** Sums the scopes by these names instead; what is not in it is left out. */
  readonly together?: ReadonlyMap<string, string> | undefined;
  readonly windowMs: number;
  readonly now: Date;
}

/** What an alert rule compares with its threshold. */
export interface TrafficFigures {
  readonly name: string;
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** 0…1; undefined without requests. */
  readonly errorRate: number | undefined;
  readonly p99Ms: number | undefined;
}

/** A second is final two seconds after it began. */
const SETTLE_MS = 2_000;
const FINE_KEPT_MS = 840_000;

/** The traffic of the last `windowMs`, by scope. Scopes without any row in the window are left out. */
export async function readTrafficFigures(
  sql: Sql,
  query: TrafficFiguresQuery,
): Promise<readonly TrafficFigures[]> {
  const { kind, name, together, windowMs, now } = query;
  const resolution = windowMs + SETTLE_MS < FINE_KEPT_MS ? "1s" : "10s";
  const stepMs = resolution === "1s" ? 1_000 : 10_000;
  const to = Math.floor((now.getTime() - SETTLE_MS) / stepMs) * stepMs;
  const windows = await readWindows(sql, {
    resolution,
    from: new Date(Math.floor((to - windowMs) / stepMs) * stepMs),
    to: new Date(to),
    kinds: [kind],
    ...(name === undefined ? {} : { names: [name] }),
  });
  const sums = new Map<string, MutableMeasures>();
  for (const { scope, measures } of windows) {
    const key = together === undefined ? scope.name : together.get(scope.name);
    if (key === undefined) continue;
    const sum = sums.get(key) ?? emptyMeasures();
    addMeasures(sum, measures);
    sums.set(key, sum);
  }
  return [...sums].map(([key, measures]) => {
    const { requestsPerSecond, successRate, p99Ms } = summarize(measures, windowMs / 1000);
    const errorRate = successRate === undefined ? undefined : 1 - successRate;
    return { name: key, requests: measures.requests, requestsPerSecond, errorRate, p99Ms };
  });
}
