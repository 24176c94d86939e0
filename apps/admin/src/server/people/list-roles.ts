import { authorize, BUILT_IN_ROLES, type Context, grantsOfRole } from "@sluice/config";
import { count } from "drizzle-orm";
import { role, user } from "../auth/schema.ts";
import type { RoleState } from "./role.ts";

/** The built-in roles, then the others by name. Needs people.manage. */
export async function listRoles(context: Context): Promise<readonly RoleState[]> {
  await authorize(context, { permission: "people.manage", action: "role.list", subject: "" });
  const [custom, having] = await Promise.all([
    context.db.select().from(role).orderBy(role.name),
    context.db.select({ name: user.role, people: count() }).from(user).groupBy(user.role),
  ]);
  const peopleOf = new Map(having.map(({ name, people }) => [name, people]));
  return [
    ...BUILT_IN_ROLES.map((name) => ({
      name,
      description: "",
      builtIn: true,
      grants: grantsOfRole(name),
      people: peopleOf.get(name) ?? 0,
      revision: 0,
    })),
    ...custom.map(({ name, description, grants, revision }) => ({
      name,
      description,
      builtIn: false,
      grants,
      people: peopleOf.get(name) ?? 0,
      revision,
    })),
  ];
}
