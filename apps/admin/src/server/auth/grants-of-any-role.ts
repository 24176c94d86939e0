import { type Grant, grantsOfRole, isBuiltInRole } from "@sluice/config";
import { eq } from "drizzle-orm";
import type { Services } from "../services.ts";
import { role } from "./schema.ts";

/** A role that is gone allows nothing. */
export async function grantsOfAnyRole(
  executor: Pick<Services["db"], "select">,
  name: string,
): Promise<readonly Grant[]> {
  if (isBuiltInRole(name)) return grantsOfRole(name);
  const [custom] = await executor.select({ grants: role.grants }).from(role).where(eq(role.name, name));
  return custom?.grants ?? [];
}
