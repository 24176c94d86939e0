import { and, desc, eq, gt, lt } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { type ApprovalRequest, ConfigError, type Context } from "../contract.ts";
import { approvalRequest } from "../schema/index.ts";
import { toApproval } from "./settle-approvals.ts";

export interface ListApprovalsInput {
  /** Only those that wait for a decision. */
  readonly open?: boolean | undefined;
  readonly group?: string | undefined;
  /** Only ids below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number | undefined;
}

/** Newest first. Needs config.read. */
export async function listApprovals(
  context: Context,
  { open, group, before, limit }: ListApprovalsInput = {},
): Promise<readonly ApprovalRequest[]> {
  await authorizeRead(context, "approval.list");
  const now = context.now();
  const rows = await context.db
    .select()
    .from(approvalRequest)
    .where(
      and(
        open ? and(eq(approvalRequest.state, "open"), gt(approvalRequest.expiresAt, now)) : undefined,
        group === undefined ? undefined : eq(approvalRequest.group, group),
        before === undefined ? undefined : lt(approvalRequest.id, before),
      ),
    )
    .orderBy(desc(approvalRequest.id))
    .limit(Math.min(limit ?? 50, 500));
  return rows.map((row) => toApproval(row, context.actor, now));
}

/** Needs config.read. `not_found`. */
export async function getApproval(context: Context, id: number): Promise<ApprovalRequest> {
  await authorizeRead(context, "approval.get", `approval/${id}`);
  const [row] = await context.db.select().from(approvalRequest).where(eq(approvalRequest.id, id));
  if (row === undefined) throw new ConfigError("not_found", `there is no request ${id} for approval`);
  return toApproval(row, context.actor, context.now());
}
