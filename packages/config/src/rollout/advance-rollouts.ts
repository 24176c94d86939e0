import { asc, isNotNull } from "drizzle-orm";
import type { Context, NodeState } from "../contract.ts";
import type { GroupRow } from "../group/lock-group.ts";
import { nodeGroup } from "../schema/index.ts";
import { applyDecision } from "./apply-decision.ts";
import { type Decision, decide } from "./decide.ts";
import { lookAtRollout, type Sight } from "./look-at-rollout.ts";
import type { ComparisonRule, RolloutComparison } from "./rollout-contract.ts";
import { SYSTEM_ACTOR } from "./system-actor.ts";

/** Asks for the traffic of new and old nodes; answered from telemetry, which this package does not know. */
export interface ComparisonQuestion {
  readonly rollout: number;
  readonly newer: readonly string[];
  /** Nodes of the same group that still run the version of before; none in the last step. */
  readonly older: readonly string[];
  /** When the new ones had the version. */
  readonly from: Date;
  readonly to: Date;
  /** Before it, no new node had the version. */
  readonly startedAt: Date;
  readonly rule: ComparisonRule;
}

export type Compare = (question: ComparisonQuestion) => Promise<RolloutComparison>;

/**
 * Moves every rollout under way by the transitions that are due, each in a transaction that holds the group's row: any number of
 * replicas may call it at any time, and no step is made twice. Answers how many transitions there were.
 */
export async function advanceRollouts(context: Omit<Context, "actor">, compare: Compare): Promise<number> {
  const system: Context = { ...context, actor: SYSTEM_ACTOR };
  const groups = await context.db
    .select()
    .from(nodeGroup)
    .where(isNotNull(nodeGroup.rollout))
    .orderBy(asc(nodeGroup.position));
  let moved = 0;
  for (const group of groups) {
    while (await advanceGroup(system, group, compare)) moved++;
  }
  return moved;
}

async function advanceGroup(context: Context, { name }: GroupRow, compare: Compare): Promise<boolean> {
  const seen = await context.db.transaction(async (tx) => await lookAtRollout(tx, context, name, false));
  if (seen === undefined) return false;
  const question = questionOf(seen, context.now());
  const comparison = question === undefined ? undefined : await compare(question);
  if (decideOn(seen, comparison, context) === undefined) return false;
  return await context.db.transaction(async (tx) => {
    const now = await lookAtRollout(tx, context, name, true);
    if (now === undefined || now.underWay.state.revision !== seen.underWay.state.revision) return false;
    const decision = decideOn(now, comparison, context);
    if (decision === undefined) return false;
    await applyDecision(tx, context, now.underWay, decision, comparison);
    return true;
  });
}

function decideOn(
  { group, underWay, chosen, probes }: Sight,
  comparison: RolloutComparison | undefined,
  context: Context,
): Decision | undefined {
  const { rollout, state } = underWay;
  const frozen = group.frozenBy !== null;
  return decide(rollout, state, { now: context.now(), frozen, nodes: chosen, probes, comparison });
}

function questionOf({ underWay, nodes, chosen }: Sight, now: Date): ComparisonQuestion | undefined {
  const { rollout, state } = underWay;
  const rule = rollout.strategy.compare;
  if (rule === null || state.phase !== "running" || state.stage === "deploying") return undefined;
  const connected = (node: NodeState) => node.connected;
  const newer = chosen.filter(connected).map(({ id }) => id);
  const isNew = new Set(chosen);
  const older = nodes.filter((node) => connected(node) && !isNew.has(node)).map(({ id }) => id);
  return {
    rollout: rollout.id,
    newer,
    older,
    from: state.since,
    to: now,
    startedAt: rollout.createdAt,
    rule,
  };
}
