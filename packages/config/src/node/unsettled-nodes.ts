import { databaseOver } from "../access/database-over.ts";
import { readNodes } from "./read-nodes.ts";
import type { NodeContext } from "./record-node-events.ts";

/** Connected nodes that do not yet run what they should; for the control plane itself, without a role. */
export async function unsettledNodes(context: NodeContext): Promise<readonly string[]> {
  const nodes = await readNodes(databaseOver(context.sql), context.now);
  return nodes.filter(({ connected, sync }) => connected && sync !== "effective").map(({ id }) => id);
}
