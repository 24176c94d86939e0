import { appendAudit, type Context, change } from "@sluice/config";
import { eq } from "drizzle-orm";
import { passkey, session, twoFactor, user } from "../auth/schema.ts";
import { lockPerson } from "./change-person.ts";

/** Whether a code is asked of oneself at sign-in. */
export async function twoFactorState(context: Context): Promise<{ readonly enabled: boolean }> {
  const [row] = await context.db
    .select({ enabled: user.twoFactorEnabled })
    .from(user)
    .where(eq(user.id, context.actor.id));
  return { enabled: row?.enabled ?? false };
}

/** For somebody who lost app and backup codes, or passkeys: no code is asked any more, the passkeys are gone, and all sessions end. Needs people.manage, and everything
 * that the person's role allows. `not_found`. */
export async function removeTwoFactor(context: Context, id: string): Promise<void> {
  const attempt = { permission: "people.manage", action: "user.two_factor_remove", subject: id } as const;
  await change(context, attempt, async (tx) => {
    const { email } = await lockPerson(tx, context, id);
    await tx.delete(twoFactor).where(eq(twoFactor.userId, id));
    await tx.delete(passkey).where(eq(passkey.userId, id));
    await tx.update(user).set({ twoFactorEnabled: false }).where(eq(user.id, id));
    await tx.delete(session).where(eq(session.userId, id));
    await appendAudit(tx, context, { ...attempt, subject: email });
  });
}
