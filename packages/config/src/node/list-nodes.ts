import type { Context, NodeState } from "../contract.ts";

/** Every node that ever connected and was not removed, connected ones first, then by id. */
export async function listNodes(context: Context): Promise<readonly NodeState[]> {
  throw new Error("being built");
}
