import type { Context, NodeState } from "../contract.ts";

/** `not_found`. */
export async function getNode(context: Context, id: string): Promise<NodeState> {
  throw new Error("being built");
}
