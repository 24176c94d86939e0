import type { Grant } from "@sluice/config";
import { eq } from "drizzle-orm";
import type { Services } from "../services.ts";
import { readApiToken, readBearer } from "./api-token.ts";
import { grantsOfAnyRole } from "./grants-of-any-role.ts";
import { session } from "./schema.ts";
import { dutyOf, readStandings, type SecondFactorDuty } from "./second-factor-duty.ts";

/** However much it is used, a session ends after that long. */
const SESSION_AGE_MAX_MS = 30 * 86_400_000;

/** Who is signed in. */
export interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
  /** What the role allows, as it is now; nothing while a second factor is overdue. */
  readonly grants: readonly Grant[];
  /** Id of the session; undefined of an API token. */
  readonly sessionId: string | undefined;
  /** That a second factor has to be set up; undefined when not, and of an API token. */
  readonly secondFactor: SecondFactorDuty | undefined;
  /** The API token that spoke for the person; undefined in a session. */
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
  if (services.now().getTime() - found.session.createdAt.getTime() > SESSION_AGE_MAX_MS) {
    await services.db.delete(session).where(eq(session.id, found.session.id));
    return undefined;
  }
  const { id, name, email, role: roleName } = found.user;
  const [standing] = await readStandings(services.db, id);
  const secondFactor = standing && dutyOf(standing, services.now());
  return {
    id,
    name,
    email,
    role: roleName,
    grants: secondFactor?.overdue === true ? [] : await grantsOfAnyRole(services.db, roleName),
    sessionId: found.session.id,
    secondFactor,
    token: undefined,
  };
}
