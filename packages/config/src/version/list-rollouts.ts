import type { Context, Rollout } from "../contract.ts";

/** Newest first; `before` is the id of the last one of the page before, `limit` at most 500. */
export async function listRollouts(
  context: Context,
  input: { readonly before?: number; readonly limit?: number } = {},
): Promise<readonly Rollout[]> {
  throw new Error("being built");
}
