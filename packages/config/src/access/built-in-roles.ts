import type { Grant } from "./grant.ts";
import { PERMISSION_NAMES, type Permission } from "./permission.ts";

/** The roles that every appliance has; they cannot be changed. */
export const BUILT_IN_ROLES = ["viewer", "editor", "publisher", "admin"] as const;
export type Role = (typeof BUILT_IN_ROLES)[number];

const VIEWER: readonly Permission[] = ["config.read", "telemetry.read"];
const EDITOR: readonly Permission[] = [...VIEWER, "config.edit", "secret.manage"];
const PUBLISHER: readonly Permission[] = [
  ...EDITOR,
  "config.publish",
  "node.operate",
  "group.manage",
  "alert.manage",
  "audit.read",
];

const GRANTS: Readonly<Record<Role, readonly Grant[]>> = {
  viewer: unlimited(VIEWER),
  editor: unlimited(EDITOR),
  publisher: unlimited(PUBLISHER),
  admin: unlimited(PERMISSION_NAMES),
};

export function isBuiltInRole(name: string): name is Role {
  return Object.hasOwn(GRANTS, name);
}

/** What a built-in role allows; nothing for any other name. */
export function grantsOfRole(name: string): readonly Grant[] {
  return isBuiltInRole(name) ? GRANTS[name] : [];
}

function unlimited(permissions: readonly Permission[]): readonly Grant[] {
  return permissions.map((permission) => ({ permission }));
}
