import { eq } from "drizzle-orm";
import { type Deed, type Need, requireWithin } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { type ApprovalRequest, ConfigError, type Context } from "../contract.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { type GroupRow, lockGroup } from "../group/lock-group.ts";
import { endProtection } from "../group/protect-group.ts";
import { because, type Reason, reasonText } from "../rollout/rollout-reason.ts";
import { claimGroup, startRollout } from "../rollout/start-rollout.ts";
import { approvalRequest } from "../schema/index.ts";
import { type ApprovalRow, endApproval, toApproval } from "./settle-approvals.ts";

export interface DecideInput {
  readonly id: number;
  /** For the audit log, and for whoever asked. */
  readonly reason?: string | undefined;
}

const REASON_LENGTH_MIN = 3;
const PUBLISH: Need = { permission: "config.publish", scope: "checked inside" };

/**
 * Starts exactly what was asked for. Needs config.publish in the group, and to be another person than who asked: a token is its
 * owner. `not_found`, `forbidden`, `conflict` when it is decided, stale or expired, `frozen`.
 */
export async function approveRequest(
  context: Context,
  { id, reason }: DecideInput,
): Promise<ApprovalRequest> {
  const deed = { action: "approval.approve", subject: `approval/${id}` };
  return await decide(context, { ...PUBLISH, ...deed }, id, async (tx, row, group) => {
    requireWithin(context, "config.publish", { group: row.group }, deed);
    if (row.requestedById === context.actor.id)
      throw new ConfigError(
        "forbidden",
        `${context.actor.name} asked for it: approval takes another person with config.publish for group '${row.group}'`,
        { needs: "another person" },
      );
    const why = [because("approved_by", { requester: row.requestedBy, approver: context.actor.name })];
    const rollout = await carryOut(tx, context, row, group, why);
    return await endApproval(tx, context, row, { action: "approve", state: "approved", reason, rollout });
  });
}

/** Needs config.publish in the group. `not_found`, `bad_input` without a reason, `conflict` when it is decided, stale or expired. */
export async function refuseRequest(
  context: Context,
  { id, reason }: DecideInput & { readonly reason: string },
): Promise<ApprovalRequest> {
  const deed = { action: "approval.refuse", subject: `approval/${id}` };
  return await decide(context, { ...PUBLISH, ...deed }, id, async (tx, row) => {
    requireWithin(context, "config.publish", { group: row.group }, deed);
    const why = requireReason(reason, "say why: whoever asked reads it");
    return await endApproval(tx, context, row, { action: "refuse", state: "refused", reason: why });
  });
}

/** Only by who asked. `not_found`, `forbidden`, `conflict` when it is decided, stale or expired. */
export async function withdrawRequest(
  context: Context,
  { id, reason }: DecideInput,
): Promise<ApprovalRequest> {
  const deed = { action: "approval.withdraw", subject: `approval/${id}` };
  return await decide(context, { permission: "config.read", ...deed }, id, async (tx, row) => {
    if (row.requestedById !== context.actor.id)
      throw new ConfigError(
        "forbidden",
        `${row.requestedBy} asked for it and may withdraw it; others refuse it`,
        { needs: "who asked" },
      );
    return await endApproval(tx, context, row, { action: "withdraw", state: "withdrawn", reason });
  });
}

export interface BreakGlassInput {
  readonly id: number;
  readonly reason: string;
  /** The group's name, typed out. */
  readonly confirm: string;
}

/**
 * In an emergency: starts what was asked for with no second person, also one's own. Needs approval.bypass, which only admins have, and
 * config.publish in the group. The audit log and the notifications tell of it by a kind of their own. `not_found`, `forbidden`,
 * `bad_input`, `conflict` when it is decided, stale or expired, `frozen`.
 */
export async function breakGlass(context: Context, input: BreakGlassInput): Promise<ApprovalRequest> {
  const { id, confirm } = input;
  const deed = { action: "approval.break_glass", subject: `approval/${id}` };
  return await decide(context, { permission: "approval.bypass", ...deed }, id, async (tx, row, group) => {
    requireWithin(context, "config.publish", { group: row.group }, deed);
    if (confirm !== row.group)
      throw new ConfigError("bad_input", `type the group's name, '${row.group}', to confirm`);
    const reason = requireReason(input.reason, "say what the emergency is: it is told to everybody");
    const why = [
      because("glass_broken", { requester: row.requestedBy, by: context.actor.name }),
      because("said", { text: reason }),
    ];
    const rollout = await carryOut(tx, context, row, group, why);
    return await endApproval(tx, context, row, { action: "break_glass", state: "approved", reason, rollout });
  });
}

/** Locks in the order of publishing, the draft before the group, and hands over a request that can still be decided. */
async function decide(
  context: Context,
  attempt: Need & Deed,
  id: number,
  work: (tx: Transaction, row: ApprovalRow, group: GroupRow) => Promise<ApprovalRow>,
): Promise<ApprovalRequest> {
  return await change(context, attempt, async (tx) => {
    await lockDraft(tx, "update");
    const [asked] = await tx.select().from(approvalRequest).where(eq(approvalRequest.id, id));
    if (asked === undefined) throw new ConfigError("not_found", `there is no request ${id} for approval`);
    const { group } = asked;
    const locked = await lockGroup(tx, group);
    const row = await readRow(tx, id);
    const seen = toApproval(row, context.actor, context.now());
    if (seen.state !== "open") {
      const by = seen.decidedBy === undefined ? "" : ` by ${seen.decidedBy}`;
      const why = seen.reason === undefined ? "" : `: ${seen.reason}`;
      const details = { by: seen.decidedBy, at: (seen.decidedAt ?? seen.expiresAt).toISOString() };
      throw new ConfigError("conflict", `request ${id} is ${seen.state}${by}${why}; ask again`, details);
    }
    return toApproval(await work(tx, row, locked), context.actor, context.now());
  });
}

/** The id of the rollout, where it is one. */
async function carryOut(
  tx: Transaction,
  context: Context,
  row: ApprovalRow,
  group: GroupRow,
  why: Reason,
): Promise<number | undefined> {
  const { kind, version, strategy } = row;
  if (kind === "unprotect") {
    await endProtection(tx, context, group, reasonText(why));
    return undefined;
  }
  if (version === null || strategy === null) throw new Error(`request ${row.id} says of no rollout`);
  const claimed = await claimGroup(tx, row.group, kind);
  // It is approved before the group moves: those that wait besides become stale by that.
  await tx.update(approvalRequest).set({ state: "approved" }).where(eq(approvalRequest.id, row.id));
  const approval = { request: row.id, requestedBy: row.requestedBy, why };
  return (await startRollout(tx, context, claimed, { version, kind, strategy, approval })).id;
}

async function readRow(tx: Transaction, id: number): Promise<ApprovalRow> {
  const [row] = await tx.select().from(approvalRequest).where(eq(approvalRequest.id, id)).for("update");
  if (row === undefined) throw new Error(`request ${id} is gone`);
  return row;
}

function requireReason(text: string, message: string): string {
  const reason = text.trim();
  if (reason.length < REASON_LENGTH_MIN) throw new ConfigError("bad_input", message);
  return reason;
}
