import { ConfigError, type Context, type NodeState } from "../contract.ts";
import { readLive } from "../version/read-live.ts";
import { readNodes } from "./read-nodes.ts";

/** `not_found`. */
export async function getNode(context: Context, id: string): Promise<NodeState> {
  const live = await readLive(context.db);
  const [node] = await readNodes(context.db, context.now, live?.version.number, id);
  if (node === undefined) throw new ConfigError("not_found", `there is no node '${id}'`);
  return node;
}
