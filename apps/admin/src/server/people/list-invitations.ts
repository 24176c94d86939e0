import { authorize, type Context } from "@sluice/config";
import { and, desc, gt, isNull } from "drizzle-orm";
import { invitation } from "../auth/schema.ts";
import type { Invitation } from "./invitation.ts";

/** Links that are good still, newest first. Needs people.manage. */
export async function listInvitations(context: Context): Promise<readonly Invitation[]> {
  await authorize(context, { permission: "people.manage", action: "invitation.list", subject: "" });
  const open = and(isNull(invitation.usedAt), isNull(invitation.revokedAt));
  const rows = await context.db
    .select()
    .from(invitation)
    .where(and(open, gt(invitation.expiresAt, context.now())))
    .orderBy(desc(invitation.createdAt));
  return rows.map(({ id, userId, email, name, role, createdAt, createdBy, expiresAt }) => ({
    id,
    kind: userId === null ? "account" : "password",
    email,
    name,
    role: role ?? undefined,
    createdAt,
    createdBy,
    expiresAt,
  }));
}
