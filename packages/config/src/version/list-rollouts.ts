import { desc, lt } from "drizzle-orm";
import type { Context, Rollout } from "../contract.ts";
import { rollout } from "../schema/index.ts";
import { toRollout } from "./read-live.ts";

/** Newest first; `before` is the id of the last one of the page before, `limit` at most 500. */
export async function listRollouts(
  context: Context,
  input: { readonly before?: number; readonly limit?: number } = {},
): Promise<readonly Rollout[]> {
  const rows = await context.db
    .select()
    .from(rollout)
    .where(input.before === undefined ? undefined : lt(rollout.id, input.before))
    .orderBy(desc(rollout.id))
    .limit(Math.min(input.limit ?? 50, 500));
  return rows.map(toRollout);
}
