import type { Context, NodeState } from "../contract.ts";
import { readLive } from "../version/read-live.ts";
import { readNodes } from "./read-nodes.ts";

/** Every node that ever connected and was not removed, connected ones first, then by id. */
export async function listNodes(context: Context): Promise<readonly NodeState[]> {
  const live = await readLive(context.db);
  return await readNodes(context.db, context.now, live?.version.number);
}
