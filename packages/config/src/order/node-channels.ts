import { and, eq } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS } from "../contract.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { nodeChannel } from "../schema/index.ts";
import type { NodeStatus } from "./order-contract.ts";

export interface OpenedChannel {
  readonly node: string;
  readonly replica: string;
  /** Tells this call from an older one of the same node. */
  readonly connection: string;
  readonly actions: readonly string[];
  readonly status: NodeStatus;
}

/** The node takes orders at this replica from now on; the newest call counts. */
export async function openNodeChannel(context: NodeContext, channel: OpenedChannel): Promise<void> {
  const db = databaseOver(context.sql);
  const now = context.now();
  const { node, ...row } = { ...channel, since: now, statusAt: now };
  await db
    .insert(nodeChannel)
    .values({ node, ...row })
    .onConflictDoUpdate({ target: nodeChannel.node, set: row });
  await notify(db, CHANNELS.node, { id: node });
}

export async function recordNodeStatus(
  context: NodeContext,
  { node, connection, status }: Pick<OpenedChannel, "node" | "connection" | "status">,
): Promise<void> {
  const db = databaseOver(context.sql);
  await db
    .update(nodeChannel)
    .set({ status, statusAt: context.now() })
    .where(and(eq(nodeChannel.node, node), eq(nodeChannel.connection, connection)));
  await notify(db, CHANNELS.node, { id: node });
}

/** Of a call that a newer one took over from: nothing. */
export async function closeNodeChannel(
  context: NodeContext,
  { node, connection }: Pick<OpenedChannel, "node" | "connection">,
): Promise<void> {
  const db = databaseOver(context.sql);
  await db.delete(nodeChannel).where(and(eq(nodeChannel.node, node), eq(nodeChannel.connection, connection)));
  await notify(db, CHANNELS.node, { id: node });
}
