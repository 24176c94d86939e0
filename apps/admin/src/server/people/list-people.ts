import { authorize, type Context } from "@sluice/config";
import { desc, eq, gt, max } from "drizzle-orm";
import { session, user } from "../auth/schema.ts";
import { dutyOf, readStandings } from "../auth/second-factor-duty.ts";
import type { Person } from "./person.ts";

/** Everybody who may sign in, by name. Needs people.manage. */
export async function listPeople(context: Context): Promise<readonly Person[]> {
  await authorize(context, { permission: "people.manage", action: "user.list", subject: "" });
  const seen = context.db
    .select({ userId: session.userId, at: max(session.updatedAt).as("at") })
    .from(session)
    .where(gt(session.expiresAt, context.now()))
    .groupBy(session.userId)
    .as("seen");
  const rows = await context.db
    .select({ user, lastSeenAt: seen.at })
    .from(user)
    .leftJoin(seen, eq(seen.userId, user.id))
    .orderBy(user.name, desc(user.createdAt));
  const standings = new Map((await readStandings(context.db)).map((standing) => [standing.id, standing]));
  return rows.map(({ user: { id, name, email, role, disabledAt, createdAt }, lastSeenAt }) => {
    const standing = standings.get(id);
    return {
      id,
      name,
      email,
      role,
      disabled: disabledAt !== null,
      hasPassword: standing?.hasPassword ?? false,
      secondFactors: [
        ...(standing?.app ? (["app"] as const) : []),
        ...(standing?.passkeys ? (["passkey"] as const) : []),
      ],
      secondFactorDueAt: standing && dutyOf(standing, context.now())?.dueAt,
      createdAt,
      lastSeenAt: lastSeenAt ?? undefined,
    };
  });
}
