import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context, type NodeGroup } from "../contract.ts";
import { nodeGroup } from "../schema/index.ts";
import { type GroupRow, lockGroup, refuseFrozen } from "./lock-group.ts";
import { toGroup } from "./read-groups.ts";

export interface FreezeGroupInput {
  readonly group: string;
  /** Shown to whoever is refused. */
  readonly reason: string;
}

/** From now on nothing is published or rolled back in the group, and a rollout under way does not go forward; it may still go
 * back. Needs config.publish in the group. `not_found`, `frozen` when it is already, `bad_input` without a reason. */
export async function freezeGroup(context: Context, input: FreezeGroupInput): Promise<NodeGroup> {
  const attempt = {
    permission: "config.publish",
    scope: { group: input.group },
    action: "group.freeze",
    subject: `group/${input.group}`,
  } as const;
  return await change(context, attempt, async (tx) => {
    const reason = input.reason.trim();
    if (reason === "") throw new ConfigError("bad_input", "say why: whoever is refused reads it");
    refuseFrozen(await lockGroup(tx, input.group));
    const frozen = { frozenBy: context.actor.name, frozenAt: context.now(), frozenReason: reason };
    const [row] = await tx.update(nodeGroup).set(frozen).where(eq(nodeGroup.name, input.group)).returning();
    await appendAudit(tx, context, { ...attempt, details: { reason } });
    await notify(tx, CHANNELS.rollout, { group: input.group });
    return stored(row);
  });
}

/** Needs config.publish in the group. `not_found`, `bad_input` when it is not frozen. */
export async function unfreezeGroup(context: Context, group: string): Promise<NodeGroup> {
  const attempt = {
    permission: "config.publish",
    scope: { group },
    action: "group.unfreeze",
    subject: `group/${group}`,
  } as const;
  return await change(context, attempt, async (tx) => {
    const before = await lockGroup(tx, group);
    if (before.frozenBy === null) throw new ConfigError("bad_input", `group '${group}' is not frozen`);
    const frozen = { frozenBy: null, frozenAt: null, frozenReason: null };
    const [row] = await tx.update(nodeGroup).set(frozen).where(eq(nodeGroup.name, group)).returning();
    const { frozenBy: by, frozenReason: reason } = before;
    await appendAudit(tx, context, { ...attempt, details: { by, reason } });
    await notify(tx, CHANNELS.rollout, { group });
    return stored(row);
  });
}

function stored(row: GroupRow | undefined): NodeGroup {
  if (row === undefined) throw new Error("the group was not stored");
  return toGroup(row);
}
