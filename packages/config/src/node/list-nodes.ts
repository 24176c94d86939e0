import { authorizeRead } from "../access/authorize.ts";
import type { Context, NodeState } from "../contract.ts";
import { readNodes } from "./read-nodes.ts";

/** Every node that ever connected and was not removed, connected ones first, then by id. */
export async function listNodes(context: Context): Promise<readonly NodeState[]> {
  await authorizeRead(context, "node.list");
  return await readNodes(context.db, context.now);
}
