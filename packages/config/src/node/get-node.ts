import { authorizeRead } from "../access/authorize.ts";
import { ConfigError, type Context, type NodeState } from "../contract.ts";
import { readNodes } from "./read-nodes.ts";

/** `not_found`. */
export async function getNode(context: Context, id: string): Promise<NodeState> {
  await authorizeRead(context, "node.get");
  const [node] = await readNodes(context.db, context.now, { id });
  if (node === undefined) throw new ConfigError("not_found", `there is no node '${id}'`);
  return node;
}
