import { randomBytes, randomUUID } from "node:crypto";
import { openDatabase } from "@sluice/database";
import { hashPassword } from "better-auth/crypto";
import { sql } from "drizzle-orm";
import { account, user } from "./schema.ts";

export interface FirstUser {
  readonly email: string;
  /** Only when it was made up here and now: nobody can read it again. */
  readonly password: string | undefined;
  /** False: there were users already; `email` is then the oldest admin's. */
  readonly created: boolean;
}

/**
 * Makes the first admin of an empty appliance; does nothing once there is a user. Safe to call from several processes.
 *
 * @param databaseUrl a database whose `auth` migrations are applied
 * @param wanted.email default `admin@sluice.local`
 * @param wanted.password default: generated, and returned
 */
export async function ensureFirstUser(
  databaseUrl: string,
  wanted: { readonly email?: string | undefined; readonly password?: string | undefined } = {},
): Promise<FirstUser> {
  const { db, close } = openDatabase(databaseUrl, { poolSize: 1, applicationName: "sluice-first-user" });
  try {
    return await db.transaction(async (tx) => {
      await tx.execute(sql`lock table ${user} in share row exclusive mode`);
      const [existing] = await tx
        .select({ email: user.email })
        .from(user)
        .orderBy(sql`${user.role} = 'admin' desc`, user.createdAt)
        .limit(1);
      if (existing) return { email: existing.email, password: undefined, created: false };
      const email = (wanted.email ?? "admin@sluice.local").toLowerCase();
      const password = wanted.password ?? randomBytes(12).toString("base64url");
      const id = randomUUID();
      await tx.insert(user).values({ id, email, name: "Admin", role: "admin", emailVerified: true });
      await tx.insert(account).values({
        id: randomUUID(),
        accountId: id,
        providerId: "credential",
        userId: id,
        password: await hashPassword(password),
      });
      return { email, password: wanted.password === undefined ? password : undefined, created: true };
    });
  } finally {
    await close();
  }
}
