import { randomUUID, timingSafeEqual } from "node:crypto";
import { type Actor, appendAudit, ConfigError, type Context, type Transaction } from "@sluice/config";
import { and, eq, gt, isNull } from "drizzle-orm";
import { invitation, user } from "../auth/schema.ts";
import { linkHash } from "./invite.ts";
import { requirePassword } from "./require-password.ts";
import { requireRole } from "./require-role.ts";
import { storePassword } from "./store-password.ts";

/** For whoever holds the link, who is nobody yet. */
export type LinkContext = Pick<Context, "db" | "now">;

export interface ShownInvitation {
  readonly kind: "account" | "password";
  readonly email: string;
  readonly name: string;
}

/** What the link is for. `not_found` when it was used, revoked, outlived, or never was. */
export async function showInvitation(context: LinkContext, token: string): Promise<ShownInvitation> {
  return await context.db.transaction(async (tx) => {
    const { userId, email, name } = await findOpen(tx, context, token);
    return { kind: userId === null ? "account" : "password", email, name };
  });
}

/** Makes the account, or sets the new password and ends all sessions; the link is worthless afterwards. `not_found`, `bad_input` for
 * a weak password (it stays good then), `already_exists`. */
export async function acceptInvitation(
  context: LinkContext,
  input: { readonly token: string; readonly name?: string | undefined; readonly password: string },
): Promise<{ readonly email: string }> {
  return await context.db.transaction(async (tx) => {
    const link = await findOpen(tx, context, input.token);
    const { email, id } = link;
    const name = input.name?.trim() || link.name;
    await requirePassword(input.password, [email, name]);
    const now = context.now();
    await tx.update(invitation).set({ usedAt: now }).where(eq(invitation.id, id));
    const userId = link.userId ?? (await makePerson(tx, { email, name, role: link.role ?? "viewer" }));
    await storePassword(tx, { id: userId, password: input.password, now });
    const actor: Actor = { id: userId, name, role: link.role ?? "" };
    const action = link.userId === null ? "user.accept" : "user.reset";
    const details = { link: id, createdBy: link.createdBy };
    await appendAudit(tx, { actor, now: context.now }, { action, subject: email, details });
    return { email };
  });
}

async function findOpen(
  tx: Transaction,
  context: LinkContext,
  token: string,
): Promise<typeof invitation.$inferSelect> {
  const [id = "", secret = ""] = token.split(".");
  const open = and(isNull(invitation.usedAt), isNull(invitation.revokedAt));
  const [found] = await tx
    .select()
    .from(invitation)
    .where(and(eq(invitation.id, id), open, gt(invitation.expiresAt, context.now())))
    .for("update");
  const known = Buffer.from(found?.hash ?? "0".repeat(64), "hex");
  if (!timingSafeEqual(known, Buffer.from(linkHash(secret), "hex")) || found === undefined)
    throw new ConfigError("not_found", "this link was used, has expired or was replaced; ask for a new one");
  return found;
}

async function makePerson(
  tx: Transaction,
  person: { readonly email: string; readonly name: string; readonly role: string },
): Promise<string> {
  await requireRole(tx, person.role);
  const id = randomUUID();
  const made = await tx
    .insert(user)
    .values({ id, ...person, emailVerified: true })
    .onConflictDoNothing()
    .returning({ id: user.id });
  if (made.length === 0) throw new ConfigError("already_exists", `${person.email} has an account already`);
  return id;
}
