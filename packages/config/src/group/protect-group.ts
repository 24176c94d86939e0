import { and, eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { askForApproval } from "../approval/start-or-ask.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { type ApprovalRequest, CHANNELS, ConfigError, type Context, type NodeGroup } from "../contract.ts";
import { approvalRequest, nodeGroup } from "../schema/index.ts";
import { type GroupRow, lockGroup } from "./lock-group.ts";
import { toGroup } from "./read-groups.ts";

/**
 * From now on a publish or rollback to the group is a request that another person with config.publish for it has to approve. A rollout
 * under way goes on. Needs group.manage. `not_found`, `bad_input` when it is protected already.
 */
export async function protectGroup(context: Context, group: string): Promise<NodeGroup> {
  const attempt = {
    permission: "group.manage",
    action: "group.protect",
    subject: `group/${group}`,
  } as const;
  return await change(context, attempt, async (tx) => {
    const before = await lockGroup(tx, group);
    if (before.protectedBy !== null)
      throw new ConfigError("bad_input", `group '${group}' is protected already, by ${before.protectedBy}`);
    const after = { protectedBy: context.actor.name, protectedAt: context.now() };
    const [row] = await tx.update(nodeGroup).set(after).where(eq(nodeGroup.name, group)).returning();
    if (row === undefined) throw new Error("the group was not stored");
    const details = { before: { protected: false }, after: { protected: true } };
    await appendAudit(tx, context, { ...attempt, details });
    await notify(tx, CHANNELS.rollout, { group });
    return toGroup(row);
  });
}

export interface UnprotectGroupInput {
  readonly group: string;
  /** Read by whoever approves it. */
  readonly reason: string;
}

/**
 * Asks for the end of the protection: what one person alone could end would protect from nobody. Needs group.manage. `not_found`,
 * `bad_input` when it is not protected or without a reason, `conflict` when that waits for approval already.
 */
export async function unprotectGroup(context: Context, input: UnprotectGroupInput): Promise<ApprovalRequest> {
  const { group } = input;
  const attempt = {
    permission: "group.manage",
    action: "group.unprotect",
    subject: `group/${group}`,
  } as const;
  return await change(context, attempt, async (tx) => {
    const row = await lockGroup(tx, group);
    if (row.protectedBy === null) throw new ConfigError("bad_input", `group '${group}' is not protected`);
    const message = input.reason.trim();
    if (message === "") throw new ConfigError("bad_input", "say why: whoever approves it reads it");
    const [waiting] = await tx
      .select()
      .from(approvalRequest)
      .where(
        and(
          eq(approvalRequest.group, group),
          eq(approvalRequest.kind, "unprotect"),
          eq(approvalRequest.state, "open"),
        ),
      );
    if (waiting !== undefined && waiting.expiresAt > context.now())
      throw new ConfigError(
        "conflict",
        `${waiting.requestedBy}'s request ${waiting.id} for it waits already`,
        {
          by: waiting.requestedBy,
          at: waiting.requestedAt.toISOString(),
        },
      );
    return await askForApproval(tx, context, { kind: "unprotect", group, message });
  });
}

/** Approved, under the group's lock. */
export async function endProtection(
  tx: Transaction,
  context: Context,
  group: GroupRow,
  why: string,
): Promise<void> {
  const { name, protectedBy } = group;
  if (protectedBy === null) throw new ConfigError("bad_input", `group '${name}' is not protected any more`);
  await tx.update(nodeGroup).set({ protectedBy: null, protectedAt: null }).where(eq(nodeGroup.name, name));
  await appendAudit(tx, context, {
    action: "group.unprotect",
    subject: `group/${name}`,
    details: { before: { protected: true, by: protectedBy }, after: { protected: false }, why },
  });
  await notify(tx, CHANNELS.rollout, { group: name });
}
