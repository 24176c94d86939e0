import type { Database } from "@sluice/database";
import { and, eq, isNotNull, sql } from "drizzle-orm";
import { account, passkey, signOnPolicy, user } from "./schema.ts";

const DAY_MS = 86_400_000;

/** What an account with a password has to do, where a second factor is compulsory. */
export interface SecondFactorDuty {
  /** From then on nothing can be done but setting one up. */
  readonly dueAt: Date;
  readonly overdue: boolean;
}

interface Standing {
  readonly id: string;
  readonly hasPassword: boolean;
  readonly app: boolean;
  readonly passkeys: boolean;
  /** Undefined: a second factor is not compulsory. */
  readonly dueAt: Date | undefined;
}

/** Who has which second factor, and until when there has to be one; of one person, or of all. */
export async function readStandings(db: Pick<Database, "select">, id?: string): Promise<readonly Standing[]> {
  const rows = await db
    .select({
      id: user.id,
      createdAt: user.createdAt,
      app: user.twoFactorEnabled,
      since: signOnPolicy.secondFactorSince,
      graceDays: signOnPolicy.secondFactorGraceDays,
      hasPassword: sql<boolean>`exists (select from ${account} where ${and(eq(account.userId, user.id), eq(account.providerId, "credential"), isNotNull(account.password))})`,
      passkeys: sql<boolean>`exists (select from ${passkey} where ${eq(passkey.userId, user.id)})`,
    })
    .from(user)
    .leftJoin(signOnPolicy, sql`true`)
    .where(id === undefined ? undefined : eq(user.id, id));
  return rows.map(({ createdAt, since, graceDays, ...standing }) => ({
    ...standing,
    dueAt:
      since === null
        ? undefined
        : new Date(Math.max(since.getTime(), createdAt.getTime()) + (graceDays ?? 0) * DAY_MS),
  }));
}

/** Undefined: nothing; there is a second factor, or no password to be the first, or it is not compulsory. */
export function dutyOf(
  { hasPassword, app, passkeys, dueAt }: Standing,
  now: Date,
): SecondFactorDuty | undefined {
  if (dueAt === undefined || !hasPassword || app || passkeys) return undefined;
  return { dueAt, overdue: dueAt <= now };
}

/** Whether the password alone opens nothing any more, since a passkey is the second factor and no app asks for a code. */
export function needsPasskey({ app, passkeys, dueAt }: Standing, now: Date): boolean {
  return passkeys && !app && dueAt !== undefined && dueAt <= now;
}
