import { eq } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { ConfigError, type Context } from "../contract.ts";
import { type GroupRow, lockGroup, refuseFrozen } from "../group/lock-group.ts";
import { readNodes } from "../node/read-nodes.ts";
import { rollout, rolloutState } from "../schema/index.ts";
import { cutoffFor } from "./node-hash.ts";
import { type RolloutRow, recordTransition, type StateRow } from "./record-transition.ts";
import type { RolloutStep, RolloutStrategy } from "./rollout-contract.ts";

/** A group that is about to move, locked. */
export interface ClaimedGroup {
  readonly group: GroupRow;
  /** The version that it goes to: that of the rollout under way, else the one it follows. Null: nothing. */
  readonly head: number | null;
  readonly underWay: UnderWay | undefined;
}

export interface UnderWay {
  readonly rollout: RolloutRow;
  readonly state: StateRow;
}

/**
 * Locks the group for a publish or rollback. `not_found`, `frozen`; `conflict` when a canary that is under way would be cut off
 * by a publish. A rollback always may: it is how one gets out.
 */
export async function claimGroup(
  tx: Transaction,
  name: string,
  kind: "publish" | "rollback",
): Promise<ClaimedGroup> {
  const group = await lockGroup(tx, name);
  refuseFrozen(group);
  const underWay = await readUnderWay(tx, group);
  if (underWay === undefined) return { group, head: group.version, underWay };
  const going = underWay.state.phase !== "reverting";
  if (kind === "publish" && going && !isLastStep(underWay)) {
    const { author, createdAt, id, version, strategy } = underWay.rollout;
    const step = `step ${underWay.state.step + 1} of ${strategy.steps.length}`;
    throw new ConfigError(
      "conflict",
      `${author}'s rollout ${id} of version ${version} is at ${step} in group '${name}'; promote or abort it first`,
      { by: author, at: createdAt.toISOString(), version, rollout: id },
    );
  }
  return { group, head: going ? underWay.rollout.version : group.version, underWay };
}

export async function readUnderWay(tx: Transaction, group: GroupRow): Promise<UnderWay | undefined> {
  if (group.rollout === null) return undefined;
  const [row] = await tx
    .select({ rollout, state: rolloutState })
    .from(rollout)
    .innerJoin(rolloutState, eq(rolloutState.rollout, rollout.id))
    .where(eq(rollout.id, group.rollout));
  return row;
}

export function isLastStep({ rollout: row, state }: UnderWay): boolean {
  return state.step >= row.strategy.steps.length - 1;
}

/** Orders it; the one under way in the group, if any, is superseded. */
export async function startRollout(
  tx: Transaction,
  context: Context,
  { group, underWay }: ClaimedGroup,
  order: {
    readonly version: number;
    readonly kind: "publish" | "rollback";
    readonly strategy: RolloutStrategy;
  },
): Promise<RolloutRow> {
  const { strategy, version, kind } = order;
  const now = context.now();
  const [row] = await tx
    .insert(rollout)
    .values({
      version,
      kind,
      author: context.actor.name,
      createdAt: now,
      group: group.name,
      previous: group.version,
      strategy,
    })
    .returning();
  if (row === undefined) throw new Error("the rollout was not stored");
  if (underWay !== undefined) {
    await recordTransition(tx, context, underWay.rollout, {
      kind: "superseded",
      reason: `rollout ${row.id} of version ${version} took its place`,
      state: { phase: "superseded", since: now },
    });
  }
  const cutoff = await cutoffOfStep(tx, context, group.name, strategy.steps[0], null);
  await tx.insert(rolloutState).values({
    rollout: row.id,
    phase: "running",
    step: 0,
    stage: "deploying",
    since: now,
    cutoff,
    missing: [],
    revision: 0,
  });
  await recordTransition(tx, context, row, {
    kind: "started",
    reason: `${kind === "publish" ? "published" : "rolled back to"} version ${version}; ${describeStep(strategy, 0)}`,
    details: { previous: row.previous, strategy },
    group: { rollout: row.id, ...(strategy.steps.length === 1 ? { version } : {}) },
  });
  return row;
}

/** The cutoff that a step brings, never less than the one before it. */
export async function cutoffOfStep(
  tx: Transaction,
  context: Context,
  group: string,
  step: RolloutStep | undefined,
  before: number | null,
): Promise<number | null> {
  if (step === undefined || "selector" in step) return before;
  const nodes = (await readNodes(tx, context.now)).filter((node) => node.group === group && node.connected);
  const ids = nodes.map(({ id }) => id);
  return Math.max(before ?? 0, cutoffFor(step.percent, ids));
}

export function describeStep({ steps }: RolloutStrategy, index: number): string {
  const step = steps[index];
  const who =
    step === undefined || ("percent" in step && step.percent === 100)
      ? "all nodes"
      : "percent" in step
        ? `${step.percent}% of the nodes`
        : `nodes with ${step.selector}`;
  return steps.length === 1 ? who : `step ${index + 1} of ${steps.length}: ${who}`;
}
