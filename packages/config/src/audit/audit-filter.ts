import { and, eq, gte, ilike, like, lt, or, type SQL, sql } from "drizzle-orm";
import { auditEvent } from "../schema/index.ts";
import { escapeLike } from "../text/escape-like.ts";

/** Which events; what is left out limits nothing. */
export interface AuditFilter {
  /** The person: name or id, exact; with a token's events. */
  readonly actor?: string | undefined;
  /** Exact (`version.publish`) or a family (`version.`). */
  readonly action?: string | undefined;
  /** The resource: case-insensitive substring of the subject. */
  readonly subject?: string | undefined;
  /** From this time on. */
  readonly from?: Date | undefined;
  /** Before this time. */
  readonly to?: Date | undefined;
  /** Only attempts that were refused. */
  readonly refused?: boolean | undefined;
}

export function whereAudit({ actor, action, subject, from, to, refused }: AuditFilter): SQL | undefined {
  return and(
    actor === undefined
      ? undefined
      : or(
          eq(auditEvent.actor, actor),
          eq(auditEvent.actorId, actor),
          like(auditEvent.actor, `${escapeLike(actor)} (token %`),
        ),
    action === undefined
      ? undefined
      : action.endsWith(".")
        ? like(auditEvent.action, `${escapeLike(action)}%`)
        : eq(auditEvent.action, action),
    subject === undefined ? undefined : ilike(auditEvent.subject, `%${escapeLike(subject)}%`),
    from === undefined ? undefined : gte(auditEvent.at, from),
    to === undefined ? undefined : lt(auditEvent.at, to),
    refused === true ? sql`${auditEvent.details} ? 'refused'` : undefined,
  );
}
