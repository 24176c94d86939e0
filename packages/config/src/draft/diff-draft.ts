import type { Context, DraftDiff } from "../contract.ts";

/** What publishing would change: the draft against what is live, with the problems that are in the way. */
export async function diffDraft(context: Context): Promise<DraftDiff> {
  throw new Error("being built");
}
