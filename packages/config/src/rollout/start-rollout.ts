import { eq } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { ConfigError, type Context } from "../contract.ts";
import { type GroupRow, lockGroup, refuseFrozen } from "../group/lock-group.ts";
import { readNodes } from "../node/read-nodes.ts";
import { refuseUnprobed } from "../probe/probe-problem.ts";
import { rollout, rolloutState } from "../schema/index.ts";
import { cutoffFor } from "./node-hash.ts";
import { type RolloutRow, recordTransition, type StateRow } from "./record-transition.ts";
import type { RolloutStep, RolloutStrategy } from "./rollout-contract.ts";
import { because, type Reason } from "./rollout-reason.ts";

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

/** What lets a rollout into a protected group. */
export interface Approval {
  readonly request: number;
  /** The rollout's author. */
  readonly requestedBy: string;
  /** For its history. */
  readonly why: Reason;
}

/** Orders it; the one under way in the group, if any, is superseded. A protected group's needs an approval: `startOrAsk` sees to it. */
export async function startRollout(
  tx: Transaction,
  context: Context,
  { group, underWay }: ClaimedGroup,
  order: {
    readonly version: number;
    readonly kind: "publish" | "rollback";
    readonly strategy: RolloutStrategy;
    /** Who asked for it and who let it go, where the group is protected. */
    readonly approval?: Approval | undefined;
  },
): Promise<RolloutRow> {
  const { version, kind, approval } = order;
  if (group.protectedBy !== null && approval === undefined)
    throw new Error(`a rollout to the protected group '${group.name}' was about to start without approval`);
  const strategy = withGroupProbe(order.strategy, group);
  const now = context.now();
  if (strategy.probe) {
    const nodes = await readNodes(tx, context.now);
    refuseUnprobed(
      nodes.filter((node) => node.group === group.name),
      strategy.probe,
    );
  }
  const [row] = await tx
    .insert(rollout)
    .values({
      version,
      kind,
      author: approval?.requestedBy ?? context.actor.name,
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
      reason: [because("superseded", { rollout: row.id, version })],
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
    reason: [
      because(kind === "publish" ? "published" : "rolled_back", { version }),
      ...describeStep(strategy, 0),
      ...(approval?.why ?? []),
    ],
    details: {
      previous: row.previous,
      strategy,
      ...(approval === undefined ? {} : { approval: approval.request }),
    },
    group: { rollout: row.id, ...(strategy.steps.length === 1 ? { version } : {}) },
  });
  return row;
}

/** A rollout that says nothing of it sends the group's synthetic request. */
export function withGroupProbe(
  strategy: RolloutStrategy,
  { probe }: Pick<GroupRow, "probe">,
): RolloutStrategy {
  return strategy.probe === undefined ? { ...strategy, probe } : strategy;
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

export function describeStep({ steps }: RolloutStrategy, index: number): Reason {
  const step = steps[index];
  const who =
    step === undefined || ("percent" in step && step.percent === 100)
      ? because("all_nodes")
      : "percent" in step
        ? because("percent_of_nodes", { percent: step.percent })
        : because("nodes_with", { selector: step.selector });
  return steps.length === 1 ? [who] : [because("step", { step: index + 1, steps: steps.length }), who];
}
