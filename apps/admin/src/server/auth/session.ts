import { type Grant, grantsOfRole, isBuiltInRole } from "@sluice/config";
import { eq } from "drizzle-orm";
import type { Services } from "../services.ts";
import { role } from "./schema.ts";

/** Who is signed in. */
export interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** What the role allows, as it is now. */
  readonly grants: readonly Grant[];
}

/** From the cookie or the bearer token; undefined when there is none, or it is expired or revoked. */
export async function readSession(
  services: Pick<Services, "auth" | "db">,
  headers: Headers,
): Promise<SignedIn | undefined> {
  if (!headers.has("cookie") && !headers.has("authorization")) return undefined;
  const found = await services.auth.api.getSession({ headers });
  if (!found) return undefined;
  const { id, name, email, role: roleName } = found.user;
  return { id, name, email, role: roleName, grants: await grantsOfAnyRole(services.db, roleName) };
}

/** A role that is gone allows nothing. */
export async function grantsOfAnyRole(
  executor: Pick<Services["db"], "select">,
  name: string,
): Promise<readonly Grant[]> {
  if (isBuiltInRole(name)) return grantsOfRole(name);
  const [custom] = await executor.select({ grants: role.grants }).from(role).where(eq(role.name, name));
  return custom?.grants ?? [];
}
