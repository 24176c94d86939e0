import { appendAudit } from "../audit/append-audit.ts";
import { type Actor, ConfigError, type Context, type ResourceKind } from "../contract.ts";
import type { Scope } from "./grant.ts";
import { mayAnywhere, mayWithin } from "./may.ts";
import type { LimitedPermission, Permission } from "./permission.ts";

/** What somebody is about to do, in the audit log's words. */
export interface Deed {
  readonly action: string;
  readonly subject: string;
}

/**
 * What a verb needs. Where the permission can be limited the verb says on what it acts: a scope, `"any"` when whoever has
 * the permission for any part may do it, or `"checked inside"` when it is known only in the transaction, where the
 * verb then calls `requireWithin`.
 */
export type Need =
  | { readonly permission: Exclude<Permission, LimitedPermission>; readonly scope?: undefined }
  | { readonly permission: LimitedPermission; readonly scope: Scope | "any" | "checked inside" };

/** Throws `forbidden`; whoever calls it by itself, not within `change` or `authorize`, writes the refusal down. */
export function requireNeed(actor: Actor, { permission, scope }: Need, { action }: Deed): void {
  const fine =
    scope === "any" || scope === "checked inside"
      ? mayAnywhere(actor, permission)
      : mayWithin(actor, permission, scope ?? {});
  if (fine) return;
  const here = typeof scope === "object" && mayAnywhere(actor, permission) ? ` for ${describe(scope)}` : "";
  throw new ConfigError(
    "forbidden",
    `${action} needs the permission ${permission}${here}; ${actor.name} has the role ${actor.role}`,
    { needs: permission },
  );
}

/** Within `change`, once it is known on what the verb acts. Throws `forbidden`. */
export function requireWithin(
  context: Pick<Context, "actor">,
  permission: LimitedPermission,
  scope: Scope,
  deed: Deed,
): void {
  requireNeed(context.actor, { permission, scope }, deed);
}

/** How every reading verb begins. A refused attempt is written to the audit log. Throws `forbidden`. */
export async function authorize(context: Context, need: Need & Deed): Promise<void> {
  try {
    requireNeed(context.actor, need, need);
  } catch (error) {
    await recordRefusal(context, need, error);
    throw error;
  }
}

/** `config.read`, under the name by which the verb is known. */
export async function authorizeRead(context: Context, action: string, subject = ""): Promise<void> {
  await authorize(context, { permission: "config.read", action, subject });
}

/** What editing a resource of this kind needs. */
export function editing(kind: ResourceKind): Need {
  return kind === "secrets"
    ? { permission: "secret.manage" }
    : { permission: "config.edit", scope: { kind } };
}

/** Writes down a `forbidden`; other errors are none of the audit log's business. */
export async function recordRefusal(context: Context, deed: Deed, error: unknown): Promise<void> {
  if (!(error instanceof ConfigError) || error.code !== "forbidden") return;
  const needs =
    typeof error.details === "object" && error.details !== null && "needs" in error.details
      ? error.details.needs
      : undefined;
  await appendAudit(context.db, context, {
    action: deed.action,
    subject: deed.subject,
    details: { refused: "forbidden", role: context.actor.role, needs },
  });
}

function describe({ group, kind, labels }: Scope): string {
  const parts = [
    ...(kind === undefined ? [] : [kind]),
    ...(group === undefined ? [] : [`group '${group}'`]),
    ...(labels === undefined ? [] : ["nodes with these labels"]),
  ];
  return parts.length === 0 ? "the whole appliance" : parts.join(", ");
}
