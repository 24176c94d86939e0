import { and, eq, gt, inArray, notExists, or, sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS } from "../contract.ts";
import { REPLICA_LEASE_MS } from "../node/lease.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { nodeChannel, nodeOrder } from "../schema/index.ts";
import type { NodeOrder, OrderAction } from "./order-contract.ts";
import { ANSWER_GRACE_MS, toOrder } from "./read-orders.ts";

/** What the control plane's replicas do with orders. Each is harmless when repeated, and two replicas never take one order. */

/** Nodes that something waits for. */
export async function nodesWithOrders(context: NodeContext): Promise<readonly string[]> {
  const rows = await databaseOver(context.sql)
    .selectDistinct({ node: nodeOrder.node })
    .from(nodeOrder)
    .where(and(eq(nodeOrder.state, "asked"), gt(nodeOrder.deadline, context.now())));
  return rows.map(({ node }) => node);
}

/** Takes what waits for a node, oldest first: who gets an order is the one who brings it to the node. */
export async function takeOrders(
  context: NodeContext,
  input: {
    readonly node: string;
    readonly actions: readonly OrderAction[];
    /** Only if the node keeps no channel to any replica: they are answered without it. */
    readonly withoutChannel?: boolean;
  },
): Promise<readonly NodeOrder[]> {
  const now = context.now();
  return await databaseOver(context.sql).transaction(async (tx) => {
    const rows = await tx
      .update(nodeOrder)
      .set({ state: "taken", takenAt: now })
      .where(
        and(
          eq(nodeOrder.node, input.node),
          eq(nodeOrder.state, "asked"),
          gt(nodeOrder.deadline, now),
          inArray(nodeOrder.action, [...input.actions]),
          input.withoutChannel
            ? notExists(
                tx
                  .select({ node: nodeChannel.node })
                  .from(nodeChannel)
                  .where(eq(nodeChannel.node, input.node)),
              )
            : undefined,
        ),
      )
      .returning();
    for (const { id } of rows) await notifyOrder(tx, input.node, id);
    return rows.map((row) => toOrder(row, now)).toSorted((a, b) => a.askedAt.getTime() - b.askedAt.getTime());
  });
}

export interface OrderAnswer {
  readonly id: string;
  /** Whose answer it is: that of another node's order counts for nothing. */
  readonly node: string;
  readonly done: boolean;
  readonly reason: string;
  /** gzip. */
  readonly content: Uint8Array | undefined;
}

/** Writes down what the node said; one that was given up meanwhile is done all the same if the node says so. */
export async function settleOrder(context: NodeContext, answer: OrderAnswer): Promise<void> {
  await databaseOver(context.sql).transaction(async (tx) => {
    const [row] = await tx
      .update(nodeOrder)
      .set({
        state: answer.done ? "done" : "refused",
        settledAt: context.now(),
        reason: answer.done ? null : answer.reason,
        content: answer.content ?? null,
      })
      .where(
        and(
          eq(nodeOrder.id, answer.id),
          eq(nodeOrder.node, answer.node),
          inArray(nodeOrder.state, ["taken", "expired"]),
        ),
      )
      .returning();
    if (row === undefined) return;
    if (row.action !== "config_dump" && row.action !== "compare" && row.action !== "probe") {
      const node = { id: `node/${row.node}`, name: row.node, role: "viewer" } as const;
      await appendAudit(
        tx,
        { actor: node, now: context.now },
        {
          action: `node.${row.action}.${row.state}`,
          subject: `node/${row.node}`,
          details: { order: row.id, ...(row.reason === null ? {} : { reason: row.reason }) },
        },
      );
    }
    await notifyOrder(tx, row.node, row.id);
  });
}

/**
 * Gives up what nobody took or answered in time, and forgets what is old: contents after an hour, orders after a week, the channels
 * of a replica that was killed.
 */
export async function tidyOrders(context: NodeContext): Promise<void> {
  const now = context.now().toISOString();
  await databaseOver(context.sql).transaction(async (tx) => {
    const late = new Date(context.now().getTime() - ANSWER_GRACE_MS);
    const rows = await tx
      .update(nodeOrder)
      .set({ state: "expired", settledAt: context.now() })
      .where(
        or(
          and(eq(nodeOrder.state, "asked"), sql`${nodeOrder.deadline} <= ${now}::timestamptz`),
          and(eq(nodeOrder.state, "taken"), sql`${nodeOrder.deadline} <= ${late.toISOString()}::timestamptz`),
        ),
      )
      .returning({ id: nodeOrder.id, node: nodeOrder.node });
    for (const { id, node } of rows) await notifyOrder(tx, node, id);
  });
  await databaseOver(context.sql).execute(sql`
    update config.node_order set content = null
    where content is not null and asked_at < ${now}::timestamptz - interval '1 hour'`);
  await databaseOver(context.sql).execute(sql`
    delete from config.node_channel where replica not in (
      select id from config.control_replica
      where heartbeat_at > ${now}::timestamptz - ${REPLICA_LEASE_MS} * interval '1 millisecond')`);
  await databaseOver(context.sql).execute(sql`
    delete from config.node_order where asked_at < ${now}::timestamptz - interval '7 days'`);
}

async function notifyOrder(executor: Executor, node: string, order: string): Promise<void> {
  await notify(executor, CHANNELS.order, { node, order });
}
