import { and, desc, eq, gt, lt, notInArray } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import {
  ConfigError,
  type Context,
  type ListedRollout,
  type RolloutEvent,
  type RolloutProgress,
} from "../contract.ts";
import { rollout, rolloutEvent, rolloutState } from "../schema/index.ts";
import { toRollout } from "../version/read-live.ts";
import type { RolloutRow, StateRow } from "./record-transition.ts";

export interface KnownRollout {
  readonly rollout: RolloutRow;
  readonly state: StateRow;
  /** A newer rollout of the group was started, and stands. */
  readonly newer: boolean;
}

/** `not_found`. */
export async function readRollout(executor: Executor, id: number): Promise<KnownRollout> {
  const [row] = await executor
    .select({ rollout, state: rolloutState })
    .from(rollout)
    .innerJoin(rolloutState, eq(rolloutState.rollout, rollout.id))
    .where(eq(rollout.id, id));
  if (row === undefined) throw new ConfigError("not_found", `there is no rollout ${id}`);
  const [after] = await executor
    .select({ id: rollout.id })
    .from(rollout)
    .innerJoin(rolloutState, eq(rolloutState.rollout, rollout.id))
    .where(
      and(
        eq(rollout.group, row.rollout.group),
        gt(rollout.id, id),
        notInArray(rolloutState.phase, ["reverted", "aborted"]),
      ),
    )
    .limit(1);
  return { ...row, newer: after !== undefined };
}

export function toProgress(state: StateRow): RolloutProgress {
  return {
    phase: state.phase,
    step: state.step,
    stage: state.stage,
    since: state.since,
    reason: state.reason ?? undefined,
    words: state.words ?? undefined,
    missing: state.missing,
    comparison: state.comparison ?? undefined,
    revision: state.revision,
  };
}

export interface ListRolloutsInput {
  /** Only ids below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number | undefined;
  readonly group?: string | undefined;
}

/** Newest first. */
export async function listRollouts(
  context: Context,
  input: ListRolloutsInput = {},
): Promise<readonly ListedRollout[]> {
  await authorizeRead(context, "rollout.list");
  const { before, group } = input;
  const rows = await context.db
    .select({ rollout, state: rolloutState })
    .from(rollout)
    .innerJoin(rolloutState, eq(rolloutState.rollout, rollout.id))
    .where(
      and(
        before === undefined ? undefined : lt(rollout.id, before),
        group === undefined ? undefined : eq(rollout.group, group),
      ),
    )
    .orderBy(desc(rollout.id))
    .limit(Math.min(input.limit ?? 50, 500));
  return rows.map((row) => ({ ...toRollout(row.rollout), ...toProgress(row.state) }));
}

const EVENTS_MAX = 1_000;

/** What happened to it and why, oldest first, at most the newest 1,000. `not_found`. */
export async function rolloutHistory(context: Context, id: number): Promise<readonly RolloutEvent[]> {
  await authorizeRead(context, "rollout.history");
  await readRollout(context.db, id);
  const rows = await context.db
    .select()
    .from(rolloutEvent)
    .where(eq(rolloutEvent.rollout, id))
    .orderBy(desc(rolloutEvent.id))
    .limit(EVENTS_MAX);
  return rows.toReversed().map((row) => ({
    ...row,
    words: row.words ?? undefined,
    details: row.details ?? undefined,
  }));
}
