import { ConfigError, type Context, type Role, recordAudit } from "@sluice/config";
import { hashPassword } from "better-auth/crypto";
import { and, eq, ne, sql } from "drizzle-orm";
import { account, session, user } from "../auth/schema.ts";
import { requireAdmin } from "./require-admin.ts";

type Transaction = Parameters<Parameters<Context["db"]["transaction"]>[0]>[0];

/** Admin. Takes effect at once, also in open windows. `not_found`; `invalid` for the last admin. */
export async function setRole(context: Context, id: string, role: Role): Promise<void> {
  await requireAdmin(context, "user.role", id);
  const email = await context.db.transaction(async (tx) => {
    const person = await lockPerson(tx, id);
    if (role !== "admin") await keepAnAdmin(tx, id);
    await tx.update(user).set({ role, updatedAt: context.now() }).where(eq(user.id, id));
    return person.email;
  });
  await recordAudit(context, { action: "user.role", subject: email, details: { role } });
}

/** Admin. Ends all of the person's sessions. `not_found`. */
export async function resetPassword(context: Context, id: string, password: string): Promise<void> {
  await requireAdmin(context, "user.password", id);
  const hashed = await hashPassword(password);
  const email = await context.db.transaction(async (tx) => {
    const person = await lockPerson(tx, id);
    await tx
      .update(account)
      .set({ password: hashed, updatedAt: context.now() })
      .where(and(eq(account.userId, id), eq(account.providerId, "credential")));
    await tx.delete(session).where(eq(session.userId, id));
    return person.email;
  });
  await recordAudit(context, { action: "user.password", subject: email });
}

/** Admin. Ends all of the person's sessions. `not_found`; `invalid` for the last admin. */
export async function removePerson(context: Context, id: string): Promise<void> {
  await requireAdmin(context, "user.remove", id);
  const email = await context.db.transaction(async (tx) => {
    const person = await lockPerson(tx, id);
    await keepAnAdmin(tx, id);
    await tx.delete(user).where(eq(user.id, id));
    return person.email;
  });
  await recordAudit(context, { action: "user.remove", subject: email });
}

async function lockPerson(tx: Transaction, id: string): Promise<{ readonly email: string }> {
  // One change of people at a time: two admins must not take each other's role at once.
  await tx.execute(sql`lock table ${user} in share row exclusive mode`);
  const [person] = await tx.select({ email: user.email }).from(user).where(eq(user.id, id));
  if (!person) throw new ConfigError("not_found", "This person has no account any more.");
  return person;
}

async function keepAnAdmin(tx: Transaction, leaving: string): Promise<void> {
  const others = await tx.$count(user, and(eq(user.role, "admin"), ne(user.id, leaving)));
  if (others === 0)
    throw new ConfigError("invalid", "This is the last admin; make somebody else admin first.", {
      problems: [],
    });
}
