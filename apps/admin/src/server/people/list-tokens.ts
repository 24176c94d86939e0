import { authorize, type Context } from "@sluice/config";
import { desc, eq } from "drizzle-orm";
import { apiToken, user } from "../auth/schema.ts";
import type { ApiToken } from "./token.ts";

/** One's own tokens, newest first; with `all` everybody's, which needs people.manage. */
export async function listTokens(
  context: Context,
  { all = false }: { readonly all?: boolean | undefined } = {},
): Promise<readonly ApiToken[]> {
  if (all) await authorize(context, { permission: "people.manage", action: "token.list", subject: "" });
  const rows = await context.db
    .select({ token: apiToken, owner: user.email })
    .from(apiToken)
    .innerJoin(user, eq(user.id, apiToken.userId))
    .where(all ? undefined : eq(apiToken.userId, context.actor.id))
    .orderBy(desc(apiToken.createdAt));
  const now = context.now();
  return rows.map(({ token, owner }) => ({
    id: token.id,
    name: token.name,
    owner,
    grants: token.grants,
    createdAt: token.createdAt,
    expiresAt: token.expiresAt,
    lastUsedAt: token.lastUsedAt ?? undefined,
    lastUsedAddress: token.lastUsedAddress ?? undefined,
    revokedAt: token.revokedAt ?? undefined,
    revokedBy: token.revokedBy ?? undefined,
    state: token.revokedAt !== null ? "revoked" : token.expiresAt <= now ? "expired" : "valid",
  }));
}
