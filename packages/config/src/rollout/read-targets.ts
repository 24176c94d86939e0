import { asc, eq } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import { storedSelector } from "../group/require-selector.ts";
import { nodeGroup, operatorLabels, rollout, rolloutState } from "../schema/index.ts";
import type { Canary, Targets } from "./node-target.ts";
import type { RolloutStep } from "./rollout-contract.ts";

/** For the control plane, which has no `Context`; see `targetOf`. */
export async function readTargets(context: Pick<Context, "sql">): Promise<Targets> {
  return await targetsIn(databaseOver(context.sql));
}

export async function targetsIn(executor: Executor): Promise<Targets> {
  const [groups, labels] = await Promise.all([
    executor
      .select({ group: nodeGroup, rollout, state: rolloutState })
      .from(nodeGroup)
      .leftJoin(rollout, eq(rollout.id, nodeGroup.rollout))
      .leftJoin(rolloutState, eq(rolloutState.rollout, nodeGroup.rollout))
      .orderBy(asc(nodeGroup.position)),
    executor.select().from(operatorLabels),
  ]);
  return {
    groups: groups.map((row) => ({
      name: row.group.name,
      selector: storedSelector(row.group.selector),
      version: row.group.version ?? undefined,
      canary: row.rollout && row.state ? canaryOf(row.rollout, row.state) : undefined,
    })),
    operatorLabels: new Map(labels.map((row) => [row.node, row.labels])),
  };
}

type RolloutRow = typeof rollout.$inferSelect;
type StateRow = typeof rolloutState.$inferSelect;

/** Undefined in the last step, when the group itself has the version, and once the rollout goes back. */
function canaryOf(row: RolloutRow, state: StateRow): Canary | undefined {
  if (state.phase !== "running" && state.phase !== "paused") return undefined;
  if (state.step >= row.strategy.steps.length - 1) return undefined;
  return {
    rollout: row.id,
    version: row.version,
    selectors: selectorsUpTo(row.strategy.steps, state.step),
    cutoff: state.cutoff ?? undefined,
  };
}

/** Steps add up: who was chosen stays chosen. */
export function selectorsUpTo(steps: readonly RolloutStep[], step: number): Canary["selectors"] {
  return steps.slice(0, step + 1).flatMap((one) => ("selector" in one ? [storedSelector(one.selector)] : []));
}
