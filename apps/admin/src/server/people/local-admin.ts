import { ConfigError, type Transaction } from "@sluice/config";
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import { account, user } from "../auth/schema.ts";

/** Whether nobody else can sign in as administrator with a password, also when every provider is away. Lock the people first. */
export async function isLastLocalAdmin(tx: Transaction, id: string): Promise<boolean> {
  const admins = await tx
    .selectDistinct({ id: user.id })
    .from(user)
    .innerJoin(account, and(eq(account.userId, user.id), eq(account.providerId, "credential")))
    .where(and(eq(user.role, "admin"), isNull(user.disabledAt), isNotNull(account.password)));
  return admins.length === 1 && admins[0]?.id === id;
}

/** `invalid` for the last one. */
export async function keepALocalAdmin(tx: Transaction, leaving: string): Promise<void> {
  if (await isLastLocalAdmin(tx, leaving))
    throw new ConfigError(
      "invalid",
      "This is the last admin with a password; make somebody else with a password admin first.",
      { problems: [] },
    );
}
