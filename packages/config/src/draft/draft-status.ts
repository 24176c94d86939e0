import type { Context, DraftStatus } from "../contract.ts";

/** Counts and the draft's hash; cheap enough to ask after every change. */
export async function draftStatus(context: Context): Promise<DraftStatus> {
  throw new Error("being built");
}
