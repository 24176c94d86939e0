import type { Transaction } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import { effectiveLabels, targetOf } from "../rollout/node-target.ts";
import { targetsIn } from "../rollout/read-targets.ts";
import { node, nodeGroup } from "../schema/index.ts";

/**
 * Does what may move nodes between groups, and throws `protected` when a node left a protected group by it: it would run from then on
 * what nobody approved. To go in is free: what runs there was approved.
 */
export async function keepProtected<T>(tx: Transaction, work: () => Promise<T>): Promise<T> {
  const groups = await tx.select().from(nodeGroup);
  const guarded = new Set(groups.flatMap((row) => (row.protectedBy === null ? [] : [row.name])));
  if (guarded.size === 0) return await work();
  const before = await groupsOfNodes(tx);
  const result = await work();
  const after = await groupsOfNodes(tx);
  for (const [id, group] of before) {
    const now = after.get(id);
    if (now === undefined || now === group || !guarded.has(group)) continue;
    throw new ConfigError(
      "protected",
      `node '${id}' would leave the protected group '${group}' for '${now}': end the protection of '${group}' first, which takes a second person`,
      { group, node: id },
    );
  }
  return result;
}

async function groupsOfNodes(tx: Transaction): Promise<ReadonlyMap<string, string>> {
  const targets = await targetsIn(tx);
  const rows = await tx.select({ id: node.id, labels: node.labels }).from(node);
  return new Map(
    rows.map(({ id, labels: own }) => {
      const labels = effectiveLabels(own, targets.operatorLabels.get(id));
      return [id, targetOf(targets, { id, labels }).group] as const;
    }),
  );
}
