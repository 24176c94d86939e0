import { eq } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import { nodeGroup } from "../schema/index.ts";

export type GroupRow = typeof nodeGroup.$inferSelect;

/** Whoever moves a group has its row alone: publishers, operators and the control plane wait for each other. `not_found`. */
export async function lockGroup(tx: Transaction, name: string): Promise<GroupRow> {
  const [row] = await tx.select().from(nodeGroup).where(eq(nodeGroup.name, name)).for("update");
  if (row === undefined) throw new ConfigError("not_found", `there is no group '${name}'`);
  return row;
}

/** `frozen`. */
export function refuseFrozen(group: GroupRow): void {
  if (group.frozenBy === null) return;
  const at = group.frozenAt?.toISOString();
  throw new ConfigError(
    "frozen",
    `group '${group.name}' is frozen by ${group.frozenBy} since ${at}: ${group.frozenReason}`,
    { by: group.frozenBy, at, reason: group.frozenReason, group: group.name },
  );
}
