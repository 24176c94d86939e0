import { randomUUID } from "node:crypto";
import { ConfigError, type Context, type Role, recordAudit } from "@sluice/config";
import { hashPassword } from "better-auth/crypto";
import { account, user } from "../auth/schema.ts";
import { requireAdmin } from "./require-admin.ts";

export interface CreatePersonInput {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** At least `PASSWORD_LENGTH_MIN` characters; told to the person by the admin. */
  readonly password: string;
}

/** Admin. `already_exists` when the e-mail is taken. */
export async function createPerson(
  context: Context,
  input: CreatePersonInput,
): Promise<{ readonly id: string }> {
  const email = input.email.trim().toLowerCase();
  await requireAdmin(context, "user.create", email);
  const id = randomUUID();
  const password = await hashPassword(input.password);
  await context.db.transaction(async (tx) => {
    const made = await tx
      .insert(user)
      .values({ id, email, name: input.name.trim(), role: input.role, emailVerified: true })
      .onConflictDoNothing()
      .returning({ id: user.id });
    if (made.length === 0) throw new ConfigError("already_exists", `${email} has an account already`);
    await tx
      .insert(account)
      .values({ id: randomUUID(), accountId: id, providerId: "credential", userId: id, password });
  });
  await recordAudit(context, { action: "user.create", subject: email, details: { role: input.role } });
  return { id };
}
