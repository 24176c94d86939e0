import { appendAudit, authorize, ConfigError, type Context, mayAnywhere } from "@sluice/config";
import { and, desc, eq, gt, ne } from "drizzle-orm";
import { session, user } from "../auth/schema.ts";
import { lockPerson } from "./change-person.ts";
import { recordRefused } from "./record-refused.ts";

export interface SessionState {
  readonly id: string;
  readonly createdAt: Date;
  /** To the day, while it is used. */
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

/** Sessions that are valid, newest first: one's own, or those of `person`, which needs people.manage. */
export async function listSessions(
  context: Context,
  person: string = context.actor.id,
): Promise<readonly SessionState[]> {
  if (person !== context.actor.id)
    await authorize(context, { permission: "people.manage", action: "session.list", subject: person });
  const rows = await context.db
    .select()
    .from(session)
    .where(and(eq(session.userId, person), gt(session.expiresAt, context.now())))
    .orderBy(desc(session.createdAt));
  return rows.map(({ id, createdAt, updatedAt, expiresAt, ipAddress, userAgent }) => ({
    id,
    createdAt,
    lastSeenAt: updatedAt,
    expiresAt,
    address: ipAddress || undefined,
    userAgent: userAgent || undefined,
  }));
}

/** Ends a session at once, also in open windows: one's own; anybody's with people.manage, and everything that the person's role
 * allows. `not_found`. */
export async function revokeSession(context: Context, id: string): Promise<void> {
  const deed = { action: "session.revoke", subject: id };
  await recordRefused(context, deed, async (tx) => {
    const [found] = await tx
      .select({ userId: session.userId, email: user.email })
      .from(session)
      .innerJoin(user, eq(user.id, session.userId))
      .where(eq(session.id, id));
    const own = found?.userId === context.actor.id && context.actor.token === undefined;
    if (found === undefined || (!own && !mayAnywhere(context.actor, "people.manage")))
      throw new ConfigError("not_found", "there is no such session of yours");
    if (!own) await lockPerson(tx, context, found.userId);
    await tx.delete(session).where(eq(session.id, id));
    await appendAudit(tx, context, { ...deed, subject: found.email });
  });
}

/** Ends all of one's sessions but this one. */
export async function revokeOtherSessions(
  context: Context,
  current: string | undefined,
): Promise<{ readonly revoked: number }> {
  const deed = { action: "session.revoke_others", subject: context.actor.name };
  return await recordRefused(context, deed, async (tx) => {
    if (current === undefined)
      throw new ConfigError("forbidden", "an API token cannot end its owner's sessions");
    const gone = await tx
      .delete(session)
      .where(and(eq(session.userId, context.actor.id), ne(session.id, current)))
      .returning({ id: session.id });
    await appendAudit(tx, context, { ...deed, details: { revoked: gone.length } });
    return { revoked: gone.length };
  });
}
