import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { includesGrant } from "@sluice/config";
import { and, eq, gt, isNull, lt, or } from "drizzle-orm";
import type { Services } from "../services.ts";
import { ADDRESS_HEADER } from "./address-header.ts";
import { grantsOfAnyRole } from "./grants-of-any-role.ts";
import { apiToken, user } from "./schema.ts";
import type { SignedIn } from "./session.ts";

/** `sluice_<id>_<secret>`: the prefix is what scanners for leaked secrets look for, the id is no secret. */
const TOKEN = /^sluice_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;
const BEARER = /^Bearer\s+(sluice_\S{1,200})$/i;
const LAST_USE_MS = 60_000;

export interface NewApiToken {
  readonly id: string;
  /** Shown once, stored nowhere. */
  readonly token: string;
  readonly hash: string;
}

export function newApiToken(): NewApiToken {
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(32).toString("base64url");
  return { id, token: `sluice_${id}_${secret}`, hash: hashOf(secret) };
}

/** The API token of an Authorization header; undefined when it has something else, as a session's token. */
export function readBearer(header: string): string | undefined {
  return BEARER.exec(header)?.[1];
}

/** Whom the token speaks for: with its grants as far as the person has them still. Undefined when it is unknown, expired, revoked, or the
 * person is disabled. */
export async function readApiToken(
  { db, now }: Pick<Services, "db" | "now">,
  text: string,
  headers: Headers,
): Promise<SignedIn | undefined> {
  const [, id = "", secret = ""] = TOKEN.exec(text) ?? [];
  const [found] = await db
    .select({ token: apiToken, user })
    .from(apiToken)
    .innerJoin(user, eq(user.id, apiToken.userId))
    .where(
      and(
        eq(apiToken.id, id),
        isNull(apiToken.revokedAt),
        gt(apiToken.expiresAt, now()),
        isNull(user.disabledAt),
      ),
    );
  const known = Buffer.from(found?.token.hash ?? "0".repeat(64), "hex");
  if (!timingSafeEqual(known, Buffer.from(hashOf(secret), "hex")) || found === undefined) return undefined;
  const { token, user: owner } = found;
  const own = await grantsOfAnyRole(db, owner.role);
  await noteUse(db, id, now(), headers.get(ADDRESS_HEADER));
  return {
    id: owner.id,
    name: owner.name,
    email: owner.email,
    role: owner.role,
    grants: token.grants.filter((grant) => includesGrant(own, grant)),
    sessionId: undefined,
    secondFactor: undefined,
    token: { id, name: token.name },
  };
}

/** At most once a minute: a script that asks a hundred times a second must not write as often. */
async function noteUse(db: Services["db"], id: string, at: Date, address: string | null): Promise<void> {
  const before = new Date(at.getTime() - LAST_USE_MS);
  await db
    .update(apiToken)
    .set({ lastUsedAt: at, lastUsedAddress: address })
    .where(and(eq(apiToken.id, id), or(isNull(apiToken.lastUsedAt), lt(apiToken.lastUsedAt, before))));
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
