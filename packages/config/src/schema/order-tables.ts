import { index, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type { NodeStatus, OrderAction, OrderState } from "../order/order-contract.ts";
import { bytea } from "./bytea.ts";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

/** What people asked of a node, and what it said. */
export const nodeOrder = configSchema.table(
  "node_order",
  {
    id: text().primaryKey(),
    node: text().notNull(),
    action: text().$type<OrderAction>().notNull(),
    parameters: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
    state: text().$type<OrderState>().notNull(),
    askedBy: text("asked_by").notNull(),
    askedAt: at("asked_at").notNull(),
    /** Nobody begins with it later. */
    deadline: at("deadline").notNull(),
    takenAt: at("taken_at"),
    settledAt: at("settled_at"),
    reason: text(),
    /** gzip. */
    content: bytea(),
  },
  (table) => [
    index("node_order_node").on(table.node, table.askedAt),
    index("node_order_state").on(table.state, table.deadline),
  ],
);

/** Nodes that keep an order channel open, as their replica knows them. */
export const nodeChannel = configSchema.table("node_channel", {
  node: text().primaryKey(),
  replica: text().notNull(),
  /** Tells this call from an older one of the same node. */
  connection: text().notNull(),
  since: at("since").notNull(),
  actions: jsonb().$type<readonly string[]>().notNull(),
  status: jsonb().$type<NodeStatus>().notNull(),
  statusAt: at("status_at").notNull(),
});
