import { bigint, integer, jsonb, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Reason } from "../rollout/rollout-reason.ts";
import { configSchema } from "./config-schema.ts";
import { rollout } from "./rollout-tables.ts";

/** How a step's synthetic request fares on each node. */
export const rolloutProbe = configSchema.table(
  "rollout_probe",
  {
    rollout: bigint({ mode: "number" })
      .notNull()
      .references(() => rollout.id),
    step: integer().notNull(),
    node: text().notNull(),
    /** `asked`: a request is on its way. */
    state: text().$type<"asked" | "passed" | "failed">().notNull(),
    /** Failures in a row. */
    attempts: integer().notNull(),
    /** The order by which the node was asked; null: the control plane asks. */
    order: text("order_id"),
    words: jsonb().$type<Reason>(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.rollout, table.step, table.node] })],
);
