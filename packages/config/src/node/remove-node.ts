import { eq } from "drizzle-orm";
import { requireWithin } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { node, nodeChannel, nodeOrder, operatorLabels } from "../schema/index.ts";
import { readNodes } from "./read-nodes.ts";

/** Forgets a node with its labels; `conflict` while it is connected (it would come back at once). Needs node.operate. `not_found`. */
export async function removeNode(context: Context, id: string): Promise<void> {
  const attempt = {
    permission: "node.operate",
    scope: "checked inside",
    action: "node.remove",
    subject: `node/${id}`,
  } as const;
  await change(context, attempt, async (tx) => {
    await tx.select({ id: node.id }).from(node).where(eq(node.id, id)).for("update");
    const [state] = await readNodes(tx, context.now, { id });
    if (state === undefined) throw new ConfigError("not_found", `there is no node '${id}'`);
    requireWithin(context, "node.operate", state, attempt);
    if (state.connected) {
      throw new ConfigError("conflict", `node '${id}' is connected; stop it first`, {
        by: undefined,
        at: state.since.toISOString(),
      });
    }
    await tx.delete(node).where(eq(node.id, id));
    await tx.delete(nodeChannel).where(eq(nodeChannel.node, id));
    await tx.delete(nodeOrder).where(eq(nodeOrder.node, id));
    await tx.delete(operatorLabels).where(eq(operatorLabels.node, id));
    await appendAudit(tx, context, attempt);
    await notify(tx, CHANNELS.node, { id });
  });
}
