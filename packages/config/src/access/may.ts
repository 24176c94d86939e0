import type { Actor } from "../contract.ts";
import { grantsOfRole } from "./built-in-roles.ts";
import { covers, type Grant, type Scope } from "./grant.ts";
import type { Permission } from "./permission.ts";

/** What an actor may do; the verbs ask here, and the pages, to leave out what would be refused. */
export function grantsOf(actor: Pick<Actor, "role" | "grants">): readonly Grant[] {
  return actor.grants ?? grantsOfRole(actor.role);
}

/** Whether the actor has the permission at all, be it for a part only. */
export function mayAnywhere(actor: Pick<Actor, "role" | "grants">, permission: Permission): boolean {
  return grantsOf(actor).some((grant) => grant.permission === permission);
}

export function mayWithin(
  actor: Pick<Actor, "role" | "grants">,
  permission: Permission,
  scope: Scope,
): boolean {
  return grantsOf(actor).some((grant) => covers(grant, permission, scope));
}
