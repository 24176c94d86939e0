import { and, eq } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { reasonText } from "../rollout/rollout-reason.ts";
import { rolloutProbe } from "../schema/index.ts";
import type { ProbeState, SyntheticProbe } from "./probe-contract.ts";

export type ProbeRow = typeof rolloutProbe.$inferSelect;

export async function readProbeRows(
  executor: Executor,
  rollout: number,
  step: number,
): Promise<ReadonlyMap<string, ProbeRow>> {
  const rows = await executor
    .select()
    .from(rolloutProbe)
    .where(and(eq(rolloutProbe.rollout, rollout), eq(rolloutProbe.step, step)));
  return new Map(rows.map((row) => [row.node, row]));
}

/** Nodes that are not in it wait. */
export async function readProbes(
  executor: Executor,
  probe: SyntheticProbe | null | undefined,
  rollout: number,
  step: number,
): Promise<ReadonlyMap<string, ProbeState>> {
  if (!probe) return new Map();
  const rows = await readProbeRows(executor, rollout, step);
  return new Map([...rows].map(([node, row]) => [node, toProbeState(row, probe)]));
}

function toProbeState({ state, attempts, words, at }: ProbeRow, probe: SyntheticProbe): ProbeState {
  const isOver = attempts >= probe.attempts;
  return {
    state: state === "passed" ? "passed" : isOver ? "failed" : "waiting",
    attempts,
    reason: words === null ? undefined : reasonText(words),
    words: words ?? undefined,
    at,
  };
}

/** Before it was asked. */
export const UNPROBED: ProbeState = {
  state: "waiting",
  attempts: 0,
  reason: undefined,
  words: undefined,
  at: undefined,
};
