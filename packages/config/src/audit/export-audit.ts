import { and, asc, eq, gt } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { auditEvent, auditLink } from "../schema/index.ts";
import { appendAudit } from "./append-audit.ts";
import { type AuditFilter, whereAudit } from "./audit-filter.ts";

const PAGE = 1_000;

/**
 * Events as JSON lines, oldest first, page by page, so that a log of any length fits: id, seq, at, actorId, actor, action,
 * subject, details, previous and hash (hex). That it was exported is an event itself. Needs audit.read.
 */
export async function exportAudit(
  context: Context,
  filter: AuditFilter = {},
): Promise<AsyncGenerator<string, void>> {
  const deed = { action: "audit.export", subject: "" };
  await authorize(context, { permission: "audit.read", ...deed });
  const { from, to, ...rest } = filter;
  const times = { from: from?.toISOString(), to: to?.toISOString() };
  await appendAudit(context.db, context, { ...deed, details: { filter: { ...rest, ...times } } });
  return linesOf(context, filter);
}

async function* linesOf(context: Context, filter: AuditFilter): AsyncGenerator<string, void> {
  for (let last = 0; ; ) {
    const rows = await context.db
      .select({ event: auditEvent, link: auditLink })
      .from(auditEvent)
      .leftJoin(auditLink, eq(auditLink.event, auditEvent.id))
      .where(and(gt(auditEvent.id, last), whereAudit(filter)))
      .orderBy(asc(auditEvent.id))
      .limit(PAGE);
    if (rows.length === 0) return;
    yield rows.map(lineOf).join("");
    last = rows.at(-1)?.event.id ?? last;
  }
}

function lineOf({
  event,
  link,
}: {
  readonly event: typeof auditEvent.$inferSelect;
  readonly link: typeof auditLink.$inferSelect | null;
}): string {
  const { id, at, actorId, actor, action, subject, details } = event;
  const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");
  const chained = { previous: hex(link?.previous), hash: hex(link?.hash) };
  return `${JSON.stringify({ id, seq: link?.seq, at, actorId, actor, action, subject, details, ...chained })}\n`;
}
