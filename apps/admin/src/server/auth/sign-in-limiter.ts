import type { Database } from "@sluice/database";
import { eq, lt, sql } from "drizzle-orm";
import { signInAttempt } from "./schema.ts";

export interface SignInAttempt {
  /** Of the peer. */
  readonly address: string;
  /** The e-mail as typed; undefined where none is, as with a passkey or a provider. */
  readonly account?: string;
}

/** Slows down guessing. Counts are in Postgres, so all replicas count together and a restart forgets nothing. */
export interface SignInLimiter {
  /** Counts an attempt before anything is looked at; answers the seconds to wait, 0 when it may go on. */
  begin(attempt: SignInAttempt): Promise<number>;
  /** Takes the attempt back: whoever got in is not guessing. */
  succeeded(attempt: SignInAttempt): Promise<void>;
}

const WINDOW_SECONDS = 300;
const ATTEMPTS_PER_ACCOUNT_MAX = 8;
const ATTEMPTS_PER_ADDRESS_MAX = 30;

/** @param now wall clock */
export function createSignInLimiter(db: Database, now: () => Date): SignInLimiter {
  const keysOf = ({ address, account }: SignInAttempt) => ({
    address: `address:${address}`.slice(0, 200),
    account: account === undefined ? undefined : `account:${account.trim().toLowerCase()}`.slice(0, 200),
  });
  return {
    async begin(attempt) {
      const at = now();
      const expiredBefore = new Date(at.getTime() - WINDOW_SECONDS * 1000);
      const keys = keysOf(attempt);
      const counted = keys.account === undefined ? [keys.address] : [keys.account, keys.address];
      const rows = await db
        .insert(signInAttempt)
        .values(counted.map((key) => ({ key, count: 1, windowStartedAt: at })))
        .onConflictDoUpdate({
          target: signInAttempt.key,
          set: {
            count: sql`case when ${signInAttempt.windowStartedAt} < ${expiredBefore.toISOString()} then 1 else ${signInAttempt.count} + 1 end`,
            windowStartedAt: sql`case when ${signInAttempt.windowStartedAt} < ${expiredBefore.toISOString()} then excluded.window_started_at else ${signInAttempt.windowStartedAt} end`,
          },
        })
        .returning();
      await db.delete(signInAttempt).where(lt(signInAttempt.windowStartedAt, expiredBefore));
      let waitSeconds = 0;
      for (const row of rows) {
        const max = row.key === keys.account ? ATTEMPTS_PER_ACCOUNT_MAX : ATTEMPTS_PER_ADDRESS_MAX;
        const endsInMs = row.windowStartedAt.getTime() + WINDOW_SECONDS * 1000 - at.getTime();
        if (row.count > max) waitSeconds = Math.max(waitSeconds, Math.ceil(endsInMs / 1000), 1);
      }
      return waitSeconds;
    },
    async succeeded(attempt) {
      const keys = keysOf(attempt);
      if (keys.account !== undefined)
        await db.delete(signInAttempt).where(eq(signInAttempt.key, keys.account));
      await db
        .update(signInAttempt)
        .set({ count: sql`greatest(${signInAttempt.count} - 1, 0)` })
        .where(eq(signInAttempt.key, keys.address));
    },
  };
}
