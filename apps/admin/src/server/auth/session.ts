import type { Grant } from "@sluice/config";
import type { Services } from "../services.ts";
import { readApiToken, readBearer } from "./api-token.ts";
import { grantsOfAnyRole } from "./grants-of-any-role.ts";

/** Who is signed in. */
export interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** What the role allows, as it is now. */
  readonly grants: readonly Grant[];
  /** The API token that spoke for the person; undefined in a session. */
  /** Id of the session; undefined of an API token. */
  readonly sessionId: string | undefined;
  readonly token: { readonly id: string; readonly name: string } | undefined;
}

/** From the cookie or the bearer token; undefined when there is none, or it is expired or revoked. */
export async function readSession(
  services: Pick<Services, "auth" | "db" | "now">,
  headers: Headers,
): Promise<SignedIn | undefined> {
  if (!headers.has("cookie") && !headers.has("authorization")) return undefined;
  const bearer = headers.get("authorization");
  const apiTokenText = bearer === null ? undefined : readBearer(bearer);
  if (apiTokenText !== undefined) return await readApiToken(services, apiTokenText, headers);
  const found = await services.auth.api.getSession({ headers });
  // A session that was made in the very moment in which its owner was disabled.
  if (!found || found.user.disabledAt) return undefined;
  const { id, name, email, role: roleName } = found.user;
  return {
    id,
    name,
    email,
    role: roleName,
    grants: await grantsOfAnyRole(services.db, roleName),
    sessionId: found.session.id,
    token: undefined,
  };
}
