import { and, desc, lt } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import type { AuditEvent, Context } from "../contract.ts";
import { auditEvent } from "../schema/index.ts";
import { type AuditFilter, whereAudit } from "./audit-filter.ts";

export interface ListAuditInput extends AuditFilter {
  /** Only ids below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 100, at most 500. */
  readonly limit?: number;
}

/** Newest first. Needs audit.read. */
export async function listAudit(
  context: Context,
  input: ListAuditInput = {},
): Promise<{ readonly events: readonly AuditEvent[]; readonly next: number | undefined }> {
  await authorize(context, { permission: "audit.read", action: "audit.list", subject: "" });
  const limit = Math.min(input.limit ?? 100, 500);
  const { before } = input;
  const rows = await context.db
    .select()
    .from(auditEvent)
    .where(and(before === undefined ? undefined : lt(auditEvent.id, before), whereAudit(input)))
    .orderBy(desc(auditEvent.id))
    .limit(limit + 1);
  const events = rows.slice(0, limit).map((row) => ({
    id: row.id,
    at: row.at,
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    details: row.details ?? undefined,
  }));
  return { events, next: rows.length > limit ? events.at(-1)?.id : undefined };
}
