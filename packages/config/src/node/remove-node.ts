import type { Context } from "../contract.ts";

/** Forgets a node; `conflict` while it is connected (it would come back at once). Editor. `not_found`. */
export async function removeNode(context: Context, id: string): Promise<void> {
  throw new Error("being built");
}
