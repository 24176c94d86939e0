import {
  appendAudit,
  ConfigError,
  type Context,
  change,
  type GrantInput,
  isBuiltInRole,
  readGrants,
} from "@sluice/config";
import { eq, sql } from "drizzle-orm";
import { role, user } from "../auth/schema.ts";
import { refuseEscalation } from "./escalation.ts";

export interface RoleInput {
  /** Small letters, digits, dots and dashes. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly grants: readonly GrantInput[];
}

const NAME = /^[a-z][a-z0-9.-]{0,62}$/;
const ROLES_MAX = 200;

/** Needs people.manage, and everything that the role allows. `bad_input`, `already_exists`. */
export async function createRole(context: Context, input: RoleInput): Promise<void> {
  const { name, description = "" } = input;
  const attempt = { permission: "people.manage", action: "role.create", subject: `role/${name}` } as const;
  await change(context, attempt, async (tx) => {
    if (!NAME.test(name))
      throw new ConfigError(
        "bad_input",
        `role name '${name}': use up to 63 small letters, digits, dots and dashes, a letter first`,
      );
    if (isBuiltInRole(name)) throw new ConfigError("already_exists", `${name} is a built-in role`);
    const grants = readGrants(input.grants);
    refuseEscalation(context, grants, `the role ${name}`);
    if ((await tx.$count(role)) >= ROLES_MAX)
      throw new ConfigError("bad_input", `there are at most ${ROLES_MAX} roles`);
    const made = await tx
      .insert(role)
      .values({ name, description, grants, updatedAt: context.now(), updatedBy: context.actor.name })
      .onConflictDoNothing()
      .returning({ name: role.name });
    if (made.length === 0) throw new ConfigError("already_exists", `there is a role '${name}' already`);
    await appendAudit(tx, context, { ...attempt, details: { description, grants } });
  });
}

/** Takes effect at once for everybody who has it. Needs people.manage, and everything that the role allows, before and after.
 * `bad_input`, `not_found`, `conflict`. */
export async function changeRole(
  context: Context,
  input: RoleInput & { readonly expectedRevision?: number | undefined },
): Promise<void> {
  const { name } = input;
  const attempt = { permission: "people.manage", action: "role.change", subject: `role/${name}` } as const;
  await change(context, attempt, async (tx) => {
    refuseBuiltIn(name);
    const [before] = await tx.select().from(role).where(eq(role.name, name)).for("update");
    if (before === undefined) throw new ConfigError("not_found", `there is no role '${name}'`);
    if (input.expectedRevision !== undefined && input.expectedRevision !== before.revision)
      throw new ConfigError("conflict", `${before.updatedBy} changed the role ${name} meanwhile`, {
        by: before.updatedBy,
        at: before.updatedAt.toISOString(),
      });
    const grants = readGrants(input.grants);
    refuseEscalation(context, [...before.grants, ...grants], `the role ${name}`);
    const description = input.description ?? before.description;
    await tx
      .update(role)
      .set({
        description,
        grants,
        revision: before.revision + 1,
        updatedAt: context.now(),
        updatedBy: context.actor.name,
      })
      .where(eq(role.name, name));
    await appendAudit(tx, context, {
      ...attempt,
      details: {
        before: { description: before.description, grants: before.grants },
        after: { description, grants },
      },
    });
  });
}

/** Needs people.manage. `not_found`, `bad_input` for a built-in one, `conflict` while somebody has it. */
export async function removeRole(context: Context, name: string): Promise<void> {
  const attempt = { permission: "people.manage", action: "role.remove", subject: `role/${name}` } as const;
  await change(context, attempt, async (tx) => {
    refuseBuiltIn(name);
    const [before] = await tx.select().from(role).where(eq(role.name, name)).for("update");
    if (before === undefined) throw new ConfigError("not_found", `there is no role '${name}'`);
    const [one] = await tx
      .select({ email: user.email, more: sql<number>`(count(*) over ())::int - 1` })
      .from(user)
      .where(eq(user.role, name))
      .limit(1);
    if (one !== undefined) {
      const more = one.more > 0 ? ` and ${one.more} more` : "";
      const message = `${one.email}${more} have the role ${name}; give them another one first`;
      throw new ConfigError("conflict", message, { by: undefined, at: undefined });
    }
    await tx.delete(role).where(eq(role.name, name));
    await appendAudit(tx, context, { ...attempt, details: { before: { grants: before.grants } } });
  });
}

function refuseBuiltIn(name: string): void {
  if (isBuiltInRole(name)) throw new ConfigError("bad_input", `${name} is a built-in role`);
}
