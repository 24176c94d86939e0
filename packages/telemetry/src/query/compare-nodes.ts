import type { Sql } from "@sluice/database";
import type { Measures } from "../contract.ts";
import {
  type ComparisonRule,
  compareMeasures,
  type MeasuresComparison,
} from "../measures/compare-measures.ts";
import { addMeasures, emptyMeasures } from "../measures/measures.ts";
import { readWindows } from "./read-windows.ts";

export interface NodeComparisonQuery {
  /** Nodes that run the new version, and nodes that run the old one. */
  readonly newer: readonly string[];
  readonly older: readonly string[];
  /** When the newer ones had it. */
  readonly from: Date;
  readonly to: Date;
  /** Before it, no newer node had the version. */
  readonly startedAt: Date;
  readonly rule: ComparisonRule;
}

export interface NodesComparison extends MeasuresComparison {
  /** `old nodes` at the same time, or `before`: the newer nodes themselves before `startedAt`, for as long. */
  readonly baseline: "old nodes" | "before";
}

/** A second is final two seconds after it began; nodes of before may still answer in the first. */
const SETTLE_MS = 2_000;
const FIRST_MS = 1_000;
const JUDGED_MS_MAX = 600_000;
const FINE_KEPT_MS = 840_000;

/**
 * Compares the traffic of nodes since they run something new with that of others at the same time; where the others had too little,
 * with their own before. At most the last ten minutes count.
 */
export async function compareNodes(sql: Sql, query: NodeComparisonQuery): Promise<NodesComparison> {
  const { newer, older, rule, startedAt } = query;
  const to = query.to.getTime() - SETTLE_MS;
  const from = Math.max(query.from.getTime() + FIRST_MS, to - JUDGED_MS_MAX);
  const lengthMs = Math.max(1_000, to - from);
  const measuresOf = (nodes: readonly string[], end: number) =>
    readNodes(sql, nodes, end - lengthMs, end, query.to.getTime());
  const [newMeasures, oldMeasures] = await Promise.all([measuresOf(newer, to), measuresOf(older, to)]);
  const beside = { ...compareMeasures(newMeasures, oldMeasures, rule), baseline: "old nodes" } as const;
  if (beside.verdict !== "inconclusive" || beside.newer.requests < rule.requestsMin) return beside;
  const before = compareMeasures(newMeasures, await measuresOf(newer, startedAt.getTime()), rule);
  return before.verdict === "inconclusive" ? beside : { ...before, baseline: "before" };
}

async function readNodes(
  sql: Sql,
  nodes: readonly string[],
  fromMs: number,
  toMs: number,
  nowMs: number,
): Promise<Measures> {
  const sum = emptyMeasures();
  if (nodes.length === 0 || toMs <= fromMs) return sum;
  const resolution = nowMs - fromMs < FINE_KEPT_MS ? "1s" : "10s";
  const stepMs = resolution === "1s" ? 1_000 : 10_000;
  const windows = await readWindows(sql, {
    resolution,
    from: new Date(Math.ceil(fromMs / stepMs) * stepMs),
    to: new Date(Math.floor(toMs / stepMs) * stepMs),
    kinds: ["node"],
    names: nodes,
  });
  for (const { measures } of windows) addMeasures(sum, measures);
  return sum;
}
