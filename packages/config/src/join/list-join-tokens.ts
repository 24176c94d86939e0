import { desc } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { joinToken } from "../schema/index.ts";
import type { JoinTokenState } from "./join-contract.ts";

const TOKENS_MAX = 500;

/** Newest first, at most 500; those that let nobody in any more too. */
export async function listJoinTokens(context: Context): Promise<readonly JoinTokenState[]> {
  await authorizeRead(context, "join_token.list");
  const rows = await context.db.select().from(joinToken).orderBy(desc(joinToken.createdAt)).limit(TOKENS_MAX);
  const now = context.now();
  return rows.map((row) => ({
    id: row.id,
    note: row.note,
    node: row.node ?? undefined,
    labels: row.labels,
    usesMax: row.usesMax,
    uses: row.uses,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    expiresAt: row.expiresAt,
    lastUsedAt: row.lastUsedAt ?? undefined,
    revokedAt: row.revokedAt ?? undefined,
    state: tokenState(row, now),
  }));
}

export function tokenState(
  row: Pick<typeof joinToken.$inferSelect, "uses" | "usesMax" | "expiresAt" | "revokedAt">,
  now: Date,
): JoinTokenState["state"] {
  if (row.revokedAt !== null) return "revoked";
  if (row.uses >= row.usesMax) return "spent";
  return row.expiresAt <= now ? "expired" : "usable";
}
