import { boolean, integer, jsonb, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { NodeState, ResourceKind } from "../contract.ts";
import { configSchema } from "./config-schema.ts";

export const node = configSchema.table("node", {
  id: text().primaryKey(),
  cluster: text().notNull(),
  product: text().$type<NodeState["product"]>().notNull(),
  productVersion: text("product_version").notNull(),
  labels: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
  peer: text().notNull(),
  extensions: jsonb().$type<readonly string[]>().notNull(),
  connected: boolean().notNull(),
  since: timestamp({ withTimezone: true }).notNull(),
  lastSeenAt: timestamp("last_seen_at", { withTimezone: true }).notNull(),
  replica: text().notNull(),
  connection: text().notNull(),
});

export const nodeTypeState = configSchema.table(
  "node_type_state",
  {
    node: text()
      .notNull()
      .references(() => node.id, { onDelete: "cascade" }),
    kind: text().$type<ResourceKind>().notNull(),
    sent: integer(),
    acknowledged: integer(),
    effective: integer(),
    refused: integer(),
    refusal: text(),
    refusedAt: timestamp("refused_at", { withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.node, table.kind] })],
);

/** Control replicas that live: a lease each. */
export const controlReplica = configSchema.table("control_replica", {
  id: text().primaryKey(),
  heartbeatAt: timestamp("heartbeat_at", { withTimezone: true }).notNull(),
});
