import { ConfigError, type Grant, isBuiltInRole, type Transaction } from "@sluice/config";
import { eq } from "drizzle-orm";
import { grantsOfAnyRole } from "../auth/grants-of-any-role.ts";
import { role } from "../auth/schema.ts";

/** Whether there is such a role; a custom one cannot be removed until the transaction ends. */
export async function roleExists(tx: Transaction, name: string): Promise<boolean> {
  if (isBuiltInRole(name)) return true;
  const found = await tx.select({ name: role.name }).from(role).where(eq(role.name, name)).for("share");
  return found.length > 0;
}

/** What the role allows; a custom one cannot be removed until the transaction ends. `not_found`. */
export async function requireRole(tx: Transaction, name: string): Promise<readonly Grant[]> {
  if (!(await roleExists(tx, name))) throw new ConfigError("not_found", `there is no role '${name}'`);
  return await grantsOfAnyRole(tx, name);
}
