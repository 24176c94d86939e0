import { appendAudit, ConfigError, type Context, change } from "@sluice/config";
import { sql } from "drizzle-orm";
import { signOnPolicy, user } from "../auth/schema.ts";
import { readStandings } from "../auth/second-factor-duty.ts";
import { hasLocalAdminWithApp } from "../people/local-admin.ts";
import type { Services } from "../services.ts";
import type { SecondFactorPolicy, SecondFactorState } from "./sign-on-contract.ts";

const GRACE_DAYS_MAX = 90;
const GRACE_DAYS = 7;

export async function readSecondFactor(db: Pick<Services["db"], "select">): Promise<SecondFactorState> {
  const [[row], standings] = await Promise.all([db.select().from(signOnPolicy), readStandings(db)]);
  return {
    required: (row?.secondFactorSince ?? null) !== null,
    graceDays: row?.secondFactorGraceDays ?? GRACE_DAYS,
    since: row?.secondFactorSince ?? undefined,
    lacking: standings.filter(({ hasPassword, app, passkeys }) => hasPassword && !app && !passkeys).length,
  };
}

/**
 * Whether accounts with a password need a second factor. Where it is compulsory already, only the grace changes. Needs
 * settings.manage. `bad_input`; `conflict` while no administrator with a password has an authenticator app: its backup codes are the
 * way in when a passkey is lost.
 */
export async function setSecondFactor(
  context: Context,
  { required, graceDays }: SecondFactorPolicy,
): Promise<void> {
  const subject = "sign-on";
  const attempt = { permission: "settings.manage", action: "sign_on.second_factor", subject } as const;
  await change(context, attempt, async (tx) => {
    if (!Number.isInteger(graceDays) || graceDays < 0 || graceDays > GRACE_DAYS_MAX)
      throw new ConfigError("bad_input", `the grace is 0 to ${GRACE_DAYS_MAX} whole days`);
    await tx.execute(sql`lock table ${user} in share row exclusive mode`);
    if (required && !(await hasLocalAdminWithApp(tx)))
      throw new ConfigError(
        "conflict",
        "Set up an authenticator app for an administrator with a password first: its backup codes are the way in when all else is lost.",
      );
    const before = await readSecondFactor(tx);
    const secondFactorSince = required ? (before.since ?? context.now()) : null;
    const values = { secondFactorSince, secondFactorGraceDays: graceDays };
    await tx.insert(signOnPolicy).values(values).onConflictDoUpdate({ target: signOnPolicy.id, set: values });
    const told = ({ required, graceDays }: SecondFactorPolicy) => ({ required, graceDays });
    const details = { before: told(before), after: { required, graceDays } };
    await appendAudit(tx, context, { ...attempt, details });
  });
}
