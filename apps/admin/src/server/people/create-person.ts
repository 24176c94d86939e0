import { randomUUID } from "node:crypto";
import { appendAudit, ConfigError, type Context, change } from "@sluice/config";
import { hashPassword } from "better-auth/crypto";
import { account, user } from "../auth/schema.ts";
import { refuseEscalation } from "./escalation.ts";
import { requirePassword } from "./require-password.ts";
import { requireRole } from "./require-role.ts";

export interface CreatePersonInput {
  readonly name: string;
  readonly email: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** At least `PASSWORD_LENGTH_MIN` characters; told to the person by whoever makes the account. */
  readonly password: string;
}

/** Needs people.manage, and everything that the role allows. `already_exists` when the e-mail is taken, `not_found` (the role). */
export async function createPerson(
  context: Context,
  input: CreatePersonInput,
): Promise<{ readonly id: string }> {
  const email = input.email.trim().toLowerCase();
  const attempt = { permission: "people.manage", action: "user.create", subject: email } as const;
  const id = randomUUID();
  return await change(context, attempt, async (tx) => {
    const grants = await requireRole(tx, input.role);
    refuseEscalation(context, grants, `the role ${input.role}`);
    await requirePassword(input.password, [email, input.name]);
    const password = await hashPassword(input.password);
    const made = await tx
      .insert(user)
      .values({ id, email, name: input.name.trim(), role: input.role, emailVerified: true })
      .onConflictDoNothing()
      .returning({ id: user.id });
    if (made.length === 0) throw new ConfigError("already_exists", `${email} has an account already`);
    await tx
      .insert(account)
      .values({ id: randomUUID(), accountId: id, providerId: "credential", userId: id, password });
    await appendAudit(tx, context, { ...attempt, details: { role: input.role } });
    return { id };
  });
}
