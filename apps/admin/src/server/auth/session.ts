import type { Role } from "@sluice/config";
import type { Auth } from "./auth.ts";

/** Who is signed in. */
export interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

/** From the cookie or the bearer token; undefined when there is none, or it is expired or revoked. */
export async function readSession(auth: Auth, headers: Headers): Promise<SignedIn | undefined> {
  if (!headers.has("cookie") && !headers.has("authorization")) return undefined;
  const found = await auth.api.getSession({ headers });
  if (!found) return undefined;
  const { id, name, email, role } = found.user;
  return { id, name, email, role: isRole(role) ? role : "viewer" };
}

export function isRole(text: unknown): text is Role {
  return text === "viewer" || text === "editor" || text === "admin";
}
