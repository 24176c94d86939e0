import { createHash, randomBytes } from "node:crypto";
import { appendAudit, ConfigError, type Context, change, type Transaction } from "@sluice/config";
import { and, eq, isNull } from "drizzle-orm";
import { invitation, user } from "../auth/schema.ts";
import { lockPerson } from "./change-person.ts";
import { refuseEscalation } from "./escalation.ts";
import type { CreatedInvitation } from "./invitation.ts";
import { requireRole } from "./require-role.ts";

export interface InviteInput {
  readonly email: string;
  readonly name: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** 300 to 2,592,000 (30 days). Default 259,200 (3 days). */
  readonly lifetimeS?: number | undefined;
}

const INVITE_S = 3 * 86_400;
const RESET_S = 86_400;
const LIFETIME_S_MAX = 30 * 86_400;

/** A link with which somebody makes their account, once. An earlier one for the same e-mail is worthless from now on. Needs
 * people.manage, and everything that the role allows. `already_exists`, `not_found` (the role), `bad_input`. */
export async function invite(context: Context, input: InviteInput): Promise<CreatedInvitation> {
  const email = input.email.trim().toLowerCase();
  const attempt = { permission: "people.manage", action: "user.invite", subject: email } as const;
  return await change(context, attempt, async (tx) => {
    refuseEscalation(context, await requireRole(tx, input.role), `the role ${input.role}`);
    if ((await tx.$count(user, eq(user.email, email))) > 0)
      throw new ConfigError("already_exists", `${email} has an account already`);
    const { role, name, lifetimeS = INVITE_S } = input;
    const made = await store(tx, context, { email, name: name.trim(), role, userId: null, lifetimeS });
    const details = { role, expiresAt: made.expiresAt.toISOString() };
    await appendAudit(tx, context, { ...attempt, details });
    return made;
  });
}

/** A link with which the person sets a new password, once; until then the old one goes on. Needs people.manage, and everything
 * that the person's role allows. `not_found`. */
export async function createResetLink(context: Context, id: string): Promise<CreatedInvitation> {
  const attempt = { permission: "people.manage", action: "user.reset_link", subject: id } as const;
  return await change(context, attempt, async (tx) => {
    const { email, name } = await lockPerson(tx, context, id);
    const made = await store(tx, context, { email, name, role: null, userId: id, lifetimeS: RESET_S });
    await appendAudit(tx, context, { ...attempt, subject: email });
    return made;
  });
}

/** Needs people.manage. `not_found` when it is used, revoked or unknown. */
export async function revokeInvitation(context: Context, id: string): Promise<void> {
  const attempt = { permission: "people.manage", action: "invitation.revoke", subject: id } as const;
  await change(context, attempt, async (tx) => {
    const [gone] = await tx
      .update(invitation)
      .set({ revokedAt: context.now() })
      .where(and(eq(invitation.id, id), isNull(invitation.usedAt), isNull(invitation.revokedAt)))
      .returning();
    if (gone === undefined) throw new ConfigError("not_found", "there is no such open link");
    await appendAudit(tx, context, { ...attempt, subject: gone.email });
  });
}

/** What is stored of a link's secret, which is random enough to need neither salt nor a slow hash. */
export function linkHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

async function store(
  tx: Transaction,
  context: Context,
  link: Pick<typeof invitation.$inferInsert, "email" | "name" | "role" | "userId"> & {
    readonly lifetimeS: number;
  },
): Promise<CreatedInvitation> {
  const { email, lifetimeS, ...rest } = link;
  if (!Number.isInteger(lifetimeS) || lifetimeS < 300 || lifetimeS > LIFETIME_S_MAX)
    throw new ConfigError("bad_input", "a link lives from five minutes to 30 days");
  const now = context.now();
  const open = and(eq(invitation.email, email), isNull(invitation.usedAt), isNull(invitation.revokedAt));
  await tx.update(invitation).set({ revokedAt: now }).where(open);
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(32).toString("base64url");
  const expiresAt = new Date(now.getTime() + lifetimeS * 1000);
  const by = { createdAt: now, createdBy: context.actor.name, expiresAt };
  await tx.insert(invitation).values({ id, hash: linkHash(secret), email, ...rest, ...by });
  return { id, token: `${id}.${secret}`, expiresAt };
}
