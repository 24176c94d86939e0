import { and, eq, lte } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor, Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { type Actor, type ApprovalRequest, CHANNELS, type Context } from "../contract.ts";
import { appendEvents } from "../notification/append-events.ts";
import { selectHeads } from "../rollout/read-heads.ts";
import { SYSTEM_ACTOR } from "../rollout/system-actor.ts";
import { approvalRequest } from "../schema/index.ts";

export type ApprovalRow = typeof approvalRequest.$inferSelect;

/** As its reader sees it: one whose time is over is expired, whether that was written down yet or not. */
export function toApproval(row: ApprovalRow, reader: Pick<Actor, "id">, now: Date): ApprovalRequest {
  const over = row.state === "open" && row.expiresAt.getTime() <= now.getTime();
  return {
    id: row.id,
    kind: row.kind,
    group: row.group,
    version: row.version ?? undefined,
    base: row.base ?? undefined,
    strategy: row.strategy ?? undefined,
    message: row.message,
    override: row.override ?? undefined,
    requestedBy: row.requestedBy,
    requestedAt: row.requestedAt,
    expiresAt: row.expiresAt,
    own: row.requestedById === reader.id,
    state: over ? "expired" : row.state,
    decidedBy: row.decidedBy ?? undefined,
    decidedAt: row.decidedAt ?? undefined,
    reason: row.reason ?? undefined,
    brokenGlass: row.brokenGlass,
    rollout: row.rollout ?? undefined,
  };
}

/** "version 7 to group 'default'": for messages, events and histories. */
export function whatIsAsked({
  kind,
  version,
  group,
}: Pick<ApprovalRow, "kind" | "version" | "group">): string {
  if (kind === "unprotect") return `the end of the protection of group '${group}'`;
  return `${kind === "publish" ? "version" : "rollback to version"} ${version} in group '${group}'`;
}

/** How a request ends, whichever way: its row, the audit event with before and after, and the notification. Under the group's lock. */
export async function endApproval(
  tx: Transaction,
  context: Pick<Context, "actor" | "now">,
  row: ApprovalRow,
  end: {
    readonly action: "approve" | "refuse" | "withdraw" | "break_glass" | "stale" | "expire";
    readonly state: Exclude<ApprovalRow["state"], "open">;
    readonly reason?: string | undefined;
    readonly rollout?: number | undefined;
  },
): Promise<ApprovalRow> {
  const { action, state, reason, rollout } = end;
  const brokenGlass = action === "break_glass";
  const [after] = await tx
    .update(approvalRequest)
    .set({
      state,
      decidedBy: context.actor.name,
      decidedAt: context.now(),
      reason: reason ?? null,
      brokenGlass,
      rollout: rollout ?? null,
    })
    .where(eq(approvalRequest.id, row.id))
    .returning();
  if (after === undefined) throw new Error("the request is gone");
  const { id, kind, group, version, requestedBy } = row;
  const subject = `approval/${id}`;
  await appendAudit(tx, context, {
    action: `approval.${action}`,
    subject,
    details: {
      before: { state: row.state },
      after: { state, reason: reason ?? null, rollout: rollout ?? null },
      kind,
      group,
      version,
      requestedBy,
    },
  });
  const facts = { request: id, what: whatIsAsked(row), kind, version, requestedBy };
  await appendEvents(tx, context, [
    {
      kind: brokenGlass ? "approval.bypassed" : "approval.decided",
      group,
      subject,
      details: { ...facts, state, reason: reason ?? null, by: context.actor.name, rollout: rollout ?? null },
    },
  ]);
  await notify(tx, CHANNELS.rollout, { group });
  return after;
}

/** The group may go elsewhere now: requests that were made for what it went to before are stale. Under the group's lock. */
export async function staleApprovals(tx: Transaction, context: Context, group: string): Promise<void> {
  const open = await openIn(tx, group);
  if (open.length === 0) return;
  const heads = selectHeads(tx);
  const [now] = await tx.select().from(heads).where(eq(heads.group, group));
  const head = now?.head ?? null;
  const reason =
    head === null ? "the group has no version now" : `the group went to version ${head} meanwhile`;
  for (const row of open)
    if (row.kind !== "unprotect" && row.base !== head)
      await endApproval(tx, context, row, { action: "stale", state: "stale", reason });
}

/** The group is about to be removed, under its lock. */
export async function staleAll(tx: Transaction, context: Context, group: string): Promise<void> {
  for (const row of await openIn(tx, group))
    await endApproval(tx, context, row, { action: "stale", state: "stale", reason: "the group was removed" });
}

/**
 * Writes down which requests nobody decided in time, and tells of them. For the appliance itself, every now and then; any number of
 * replicas may call it.
 */
export async function expireApprovals({ sql, now }: Pick<Context, "sql" | "now">): Promise<void> {
  const db = databaseOver(sql);
  const late = and(eq(approvalRequest.state, "open"), lte(approvalRequest.expiresAt, now()));
  if ((await db.select({ id: approvalRequest.id }).from(approvalRequest).where(late).limit(1)).length === 0)
    return;
  await db.transaction(async (tx) => {
    const rows = await tx.select().from(approvalRequest).where(late).for("update", { skipLocked: true });
    for (const row of rows)
      await endApproval(tx, { actor: SYSTEM_ACTOR, now }, row, { action: "expire", state: "expired" });
  });
}

async function openIn(executor: Executor, group: string): Promise<readonly ApprovalRow[]> {
  return await executor
    .select()
    .from(approvalRequest)
    .where(and(eq(approvalRequest.group, group), eq(approvalRequest.state, "open")));
}
