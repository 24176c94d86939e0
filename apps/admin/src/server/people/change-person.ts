import { appendAudit, ConfigError, type Context, change, type Transaction } from "@sluice/config";
import { eq, sql } from "drizzle-orm";
import { grantsOfAnyRole } from "../auth/grants-of-any-role.ts";
import { session, user } from "../auth/schema.ts";
import { refuseEscalation } from "./escalation.ts";
import { keepALocalAdmin } from "./local-admin.ts";
import { requirePassword } from "./require-password.ts";
import { requireRole } from "./require-role.ts";
import { storePassword } from "./store-password.ts";

/**
 * Each needs people.manage, and everything that the person's role allows. `not_found`.
 */

/** Takes effect at once, also in open windows. `invalid` for the last admin with a password. */
export async function setRole(context: Context, id: string, role: string): Promise<void> {
  const attempt = { permission: "people.manage", action: "user.role", subject: id } as const;
  await change(context, attempt, async (tx) => {
    const person = await lockPerson(tx, context, id);
    refuseEscalation(context, await requireRole(tx, role), `the role ${role}`);
    if (role !== "admin") await keepALocalAdmin(tx, id);
    await tx.update(user).set({ role, updatedAt: context.now() }).where(eq(user.id, id));
    const details = { before: person.role, after: role };
    await appendAudit(tx, context, { ...attempt, subject: person.email, details });
  });
}

/** Ends all of the person's sessions. */
export async function resetPassword(context: Context, id: string, password: string): Promise<void> {
  const attempt = { permission: "people.manage", action: "user.password", subject: id } as const;
  await change(context, attempt, async (tx) => {
    const person = await lockPerson(tx, context, id);
    await requirePassword(password, [person.email]);
    await storePassword(tx, { id, password, now: context.now() });
    await appendAudit(tx, context, { ...attempt, subject: person.email });
  });
}

/** Ends all of the person's sessions. `invalid` for the last admin with a password. */
export async function removePerson(context: Context, id: string): Promise<void> {
  const attempt = { permission: "people.manage", action: "user.remove", subject: id } as const;
  await change(context, attempt, async (tx) => {
    const person = await lockPerson(tx, context, id);
    await keepALocalAdmin(tx, id);
    await tx.delete(user).where(eq(user.id, id));
    await appendAudit(tx, context, { ...attempt, subject: person.email, details: { role: person.role } });
  });
}

/** Whether the person may sign in, in any way; who may not any more is signed out, and their tokens open nothing. `invalid` for the
 * last admin with a password. Harmless when repeated. */
export async function setDisabled(context: Context, id: string, disabled: boolean): Promise<void> {
  const action = disabled ? "user.disable" : "user.enable";
  const attempt = { permission: "people.manage", action, subject: id } as const;
  await change(context, attempt, async (tx) => {
    const person = await lockPerson(tx, context, id);
    if (disabled) await keepALocalAdmin(tx, id);
    const now = context.now();
    await tx
      .update(user)
      .set({ disabledAt: disabled ? now : null, updatedAt: now })
      .where(eq(user.id, id));
    if (disabled) await tx.delete(session).where(eq(session.userId, id));
    await appendAudit(tx, context, { ...attempt, subject: person.email });
  });
}

export async function lockPerson(
  tx: Transaction,
  context: Context,
  id: string,
): Promise<{ readonly email: string; readonly name: string; readonly role: string }> {
  // One change of people at a time: two admins must not take each other's role at once.
  await tx.execute(sql`lock table ${user} in share row exclusive mode`);
  const columns = { email: user.email, name: user.name, role: user.role };
  const [person] = await tx.select(columns).from(user).where(eq(user.id, id));
  if (!person) throw new ConfigError("not_found", "This person has no account any more.");
  refuseEscalation(context, await grantsOfAnyRole(tx, person.role), `${person.email}'s role ${person.role}`);
  return person;
}
