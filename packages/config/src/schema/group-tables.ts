import { bigint, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type { SyntheticProbe } from "../probe/probe-contract.ts";
import { configSchema } from "./config-schema.ts";
import { version } from "./version-tables.ts";

/** What each group is told to run. The row is also the lock of everything that moves the group. */
export const nodeGroup = configSchema.table("node_group", {
  name: text().primaryKey(),
  position: integer().notNull(),
  selector: text().notNull(),
  version: integer().references(() => version.number),
  /** The rollout under way. */
  rollout: bigint({ mode: "number" }),
  frozenBy: text("frozen_by"),
  frozenAt: timestamp("frozen_at", { withTimezone: true }),
  frozenReason: text("frozen_reason"),
  /** Its rollouts' synthetic request. */
  probe: jsonb().$type<SyntheticProbe>(),
  /** Rollouts to it need a second person. */
  protectedBy: text("protected_by"),
  protectedAt: timestamp("protected_at", { withTimezone: true }),
  revision: integer().notNull().default(1),
});

/** Labels that an operator set on a node, which need not have connected yet. */
export const operatorLabels = configSchema.table("operator_labels", {
  node: text().primaryKey(),
  labels: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  updatedBy: text("updated_by").notNull(),
});
