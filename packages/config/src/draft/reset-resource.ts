import type { Context, DraftResource, ResourceRef } from "../contract.ts";

/** Puts one resource back to what is live: undefined when it is not live (and is gone from the draft now). Editor. `not_found` when neither has it. */
export async function resetResource(context: Context, ref: ResourceRef): Promise<DraftResource | undefined> {
  throw new Error("being built");
}
