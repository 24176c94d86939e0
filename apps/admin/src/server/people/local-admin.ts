import { ConfigError, type Transaction } from "@sluice/config";
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import { account, signOnPolicy, user } from "../auth/schema.ts";

/**
 * Whether nobody else can sign in as administrator with a password, also when every provider is away; where a second factor is
 * compulsory: with a password and an authenticator app. Lock the people first.
 */
export async function isLastLocalAdmin(tx: Executor, id: string): Promise<boolean> {
  return isOnly(await localAdmins(tx), id) || (await isLastAdminWithApp(tx, id));
}

/** False where a second factor is not compulsory. */
export async function isLastAdminWithApp(tx: Executor, id: string): Promise<boolean> {
  const [policy] = await tx.select({ since: signOnPolicy.secondFactorSince }).from(signOnPolicy);
  if ((policy?.since ?? null) === null) return false;
  const withApp = (await localAdmins(tx)).filter(({ app }) => app);
  return isOnly(withApp, id);
}

/** Whether an administrator who has a password can come in with it, an app and its backup codes. */
export async function hasLocalAdminWithApp(tx: Executor): Promise<boolean> {
  return (await localAdmins(tx)).some(({ app }) => app);
}

/** `invalid` for the last one. */
export async function keepALocalAdmin(tx: Executor, leaving: string): Promise<void> {
  if (await isLastLocalAdmin(tx, leaving))
    throw new ConfigError(
      "invalid",
      "This is the last admin with a password (and an authenticator app, where a second factor is compulsory); make somebody else one first.",
      { problems: [] },
    );
}

type Executor = Pick<Transaction, "select" | "selectDistinct">;
type LocalAdmin = { readonly id: string; readonly app: boolean };

async function localAdmins(tx: Executor): Promise<readonly LocalAdmin[]> {
  return await tx
    .selectDistinct({ id: user.id, app: user.twoFactorEnabled })
    .from(user)
    .innerJoin(account, and(eq(account.userId, user.id), eq(account.providerId, "credential")))
    .where(and(eq(user.role, "admin"), isNull(user.disabledAt), isNotNull(account.password)));
}

function isOnly(admins: readonly LocalAdmin[], id: string): boolean {
  return admins.length === 1 && admins[0]?.id === id;
}
