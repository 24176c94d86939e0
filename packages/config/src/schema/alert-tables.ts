import {
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import type { AlertMeasure, AlertScope, AlertState, AlertThreshold } from "../alert/alert-contract.ts";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

export const alertRule = configSchema.table("alert_rule", {
  name: text().primaryKey(),
  measure: text().$type<AlertMeasure>().notNull(),
  scope: jsonb().$type<AlertScope>().notNull(),
  threshold: jsonb().$type<AlertThreshold>().notNull(),
  windowMs: integer("window_ms").notNull(),
  forMs: integer("for_ms").notNull(),
  requestsMin: integer("requests_min").notNull(),
  enabled: boolean().notNull(),
  updatedAt: at("updated_at").notNull(),
  updatedBy: text("updated_by").notNull(),
  revision: integer().notNull().default(1),
});

/** A rule on one target, while it is not fine, and after that until retention. */
export const alertInstance = configSchema.table(
  "alert_instance",
  {
    rule: text()
      .notNull()
      .references(() => alertRule.name, { onDelete: "cascade" }),
    target: text().notNull(),
    group: text("group_name"),
    state: text().$type<AlertState>().notNull(),
    /** Since when it is in that state. */
    since: at("since").notNull(),
    /** Null: nothing was measured. */
    value: doublePrecision(),
    evaluatedAt: at("evaluated_at").notNull(),
    /** Somebody was told that it fires. */
    told: boolean().notNull(),
  },
  (table) => [primaryKey({ columns: [table.rule, table.target] })],
);

export const alertSilence = configSchema.table(
  "alert_silence",
  {
    id: uuid().primaryKey(),
    /** Null: every rule. */
    rule: text().references(() => alertRule.name, { onDelete: "cascade" }),
    /** Null: every target. */
    target: text(),
    reason: text().notNull(),
    author: text().notNull(),
    createdAt: at("created_at").notNull(),
    expiresAt: at("expires_at").notNull(),
  },
  (table) => [index("alert_silence_expires_at").on(table.expiresAt)],
);
