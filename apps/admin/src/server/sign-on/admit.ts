import { randomUUID } from "node:crypto";
import { type Actor, appendAudit, type Transaction } from "@sluice/config";
import { and, eq, isNull, sql } from "drizzle-orm";
import { account, invitation, user } from "../auth/schema.ts";
import { isLastLocalAdmin } from "../people/local-admin.ts";
import { roleExists } from "../people/require-role.ts";
import type { Services } from "../services.ts";
import type { ProviderRow } from "./providers.ts";
import { type Claims, readEmail, readRole } from "./read-claims.ts";
import { SignOnFailure } from "./sign-on-failure.ts";

interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly disabledAt: Date | null;
}

/**
 * Whose account somebody signs on to whom a provider calls `subject`: the one that is linked to it; else the one with the same
 * e-mail, where the provider's settings say so; else a new one, where they say so. Gives the role that the claims give now. Throws
 * `SignOnFailure`; nothing has changed then.
 *
 * @param claims proven to be the provider's
 */
export async function admit(
  { db, now }: Pick<Services, "db" | "now">,
  provider: ProviderRow,
  claims: Claims,
  subject: string,
): Promise<{ readonly email: string; readonly name: string }> {
  const email = readEmail(claims, provider);
  const { rolesClaim, defaultRole, roleRules, id: providerId } = provider;
  const rules = { rolesClaim: rolesClaim ?? undefined, defaultRole: defaultRole ?? undefined, roleRules };
  const wanted = readRole(claims, email, rules);
  return await db.transaction(async (tx) => {
    // As every change of people: two sign-ons at once make one account, and the last administrator stays one.
    await tx.execute(sql`lock table ${user} in share row exclusive mode`);
    const link = { providerId, accountId: subject };
    const known = await linkedPerson(tx, link);
    const person =
      known ?? (await findOrMake(tx, provider, { claims, email, role: wanted ?? rules.defaultRole, now }));
    if (person.disabledAt !== null)
      throw new SignOnFailure("account_disabled", `${person.email} is disabled`, email);
    const actor: Actor = { id: person.id, name: person.name, role: "" };
    const record = (action: string, details: object) =>
      appendAudit(tx, { actor, now }, { action, subject: person.email, details });
    if (known === undefined) {
      await tx.insert(account).values({ id: randomUUID(), userId: person.id, ...link });
      await record("user.link", { provider: providerId, subject });
    }
    if (wanted !== undefined && wanted !== person.role) {
      if (!(await roleExists(tx, wanted)))
        throw new SignOnFailure("role_refused", `there is no role '${wanted}' any more`, email);
      const details = { provider: providerId, before: person.role, after: wanted };
      if (person.role === "admin" && (await isLastLocalAdmin(tx, person.id)))
        await record("user.role", { ...details, refused: "last_admin" });
      else {
        await tx.update(user).set({ role: wanted, updatedAt: now() }).where(eq(user.id, person.id));
        await record("user.role", details);
      }
    }
    return { email: person.email, name: person.name };
  });
}

const COLUMNS = {
  id: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  disabledAt: user.disabledAt,
};

async function linkedPerson(
  tx: Transaction,
  { providerId, accountId }: { readonly providerId: string; readonly accountId: string },
): Promise<Person | undefined> {
  const [person] = await tx
    .select(COLUMNS)
    .from(account)
    .innerJoin(user, eq(user.id, account.userId))
    .where(and(eq(account.providerId, providerId), eq(account.accountId, accountId)));
  return person;
}

interface Newcomer {
  readonly claims: Claims;
  readonly email: string;
  readonly role: string | undefined;
  readonly now: () => Date;
}

async function findOrMake(tx: Transaction, provider: ProviderRow, newcomer: Newcomer): Promise<Person> {
  const { email, role, claims, now } = newcomer;
  const [same] = await tx.select(COLUMNS).from(user).where(eq(user.email, email));
  if (same !== undefined) {
    if (provider.linkByEmail && !(await isLinkedElsewise(tx, provider.id, same.id))) return same;
    throw new SignOnFailure("account_not_linked", `${email} has an account that is not linked`, email);
  }
  if (!provider.createAccounts) throw new SignOnFailure("account_missing", `${email} has no account`, email);
  if (role === undefined || !(await roleExists(tx, role)))
    throw new SignOnFailure("role_refused", `there is no role for a new account`, email);
  const name = typeof claims.name === "string" ? claims.name.trim().slice(0, 100) : "";
  const made = { id: randomUUID(), email, name: name || email, role };
  await tx.insert(user).values({ ...made, emailVerified: true });
  await tx
    .update(invitation)
    .set({ revokedAt: now() })
    .where(and(eq(invitation.email, email), isNull(invitation.usedAt), isNull(invitation.revokedAt)));
  const actor: Actor = { id: made.id, name: made.name, role: "" };
  const details = { provider: provider.id, role };
  await appendAudit(tx, { actor, now }, { action: "user.sign_on_create", subject: email, details });
  return { ...made, disabledAt: null };
}

/** Whether the account is another subject's of the same provider: an address that was given to somebody else opens nothing. */
async function isLinkedElsewise(tx: Transaction, providerId: string, userId: string): Promise<boolean> {
  return (await tx.$count(account, and(eq(account.providerId, providerId), eq(account.userId, userId)))) > 0;
}
