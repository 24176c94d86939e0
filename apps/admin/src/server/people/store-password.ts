import { randomUUID } from "node:crypto";
import type { Transaction } from "@sluice/config";
import { hashPassword } from "better-auth/crypto";
import { and, eq } from "drizzle-orm";
import { account, session } from "../auth/schema.ts";

/** Gives the person this password, whether there was one before or not, and ends all sessions. */
export async function storePassword(
  tx: Transaction,
  { id, password, now }: { readonly id: string; readonly password: string; readonly now: Date },
): Promise<void> {
  const hashed = await hashPassword(password);
  const changed = await tx
    .update(account)
    .set({ password: hashed, updatedAt: now })
    .where(and(eq(account.userId, id), eq(account.providerId, "credential")))
    .returning({ id: account.id });
  if (changed.length === 0)
    await tx
      .insert(account)
      .values({ id: randomUUID(), accountId: id, providerId: "credential", userId: id, password: hashed });
  await tx.delete(session).where(eq(session.userId, id));
}
