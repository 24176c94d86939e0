import { asc, desc, eq, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { nodeGroup, rollout, rolloutState } from "../schema/index.ts";

/** Subquery: what each group goes to, the version of the rollout under way in it unless that goes back, else the one it follows. */
export function selectHeads(executor: Executor) {
  return executor
    .select({
      group: nodeGroup.name,
      head: sql<
        number | null
      >`case when ${rolloutState.phase} in ('running', 'paused') then ${rollout.version}
        else ${nodeGroup.version} end`.as("head"),
    })
    .from(nodeGroup)
    .leftJoin(rollout, eq(rollout.id, nodeGroup.rollout))
    .leftJoin(rolloutState, eq(rolloutState.rollout, nodeGroup.rollout))
    .as("heads");
}

/** All heads and the newest rollout: equal exactly when nothing was published, rolled back or reverted in between. */
export async function readHeads(executor: Executor): Promise<unknown> {
  const heads = selectHeads(executor);
  const [groups, [newest]] = await Promise.all([
    executor.select().from(heads).orderBy(asc(heads.group)),
    executor.select({ id: rollout.id }).from(rollout).orderBy(desc(rollout.id)).limit(1),
  ]);
  return [newest?.id ?? 0, groups.map(({ group, head }) => [group, head])];
}
