import { authorize, type Context } from "@sluice/config";
import { desc, eq, gt, max } from "drizzle-orm";
import { session, user } from "../auth/schema.ts";
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
  return rows.map(({ user: { id, name, email, role, disabledAt, createdAt }, lastSeenAt }) => ({
    id,
    name,
    email,
    role,
    disabled: disabledAt !== null,
    createdAt,
    lastSeenAt: lastSeenAt ?? undefined,
  }));
}
