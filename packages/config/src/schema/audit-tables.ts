import { bigint, boolean, index, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "./bytea.ts";
import { configSchema } from "./config-schema.ts";

export const auditEvent = configSchema.table(
  "audit_event",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true }).notNull(),
    actorId: text("actor_id").notNull(),
    actor: text().notNull(),
    action: text().notNull(),
    subject: text().notNull(),
    details: jsonb().$type<unknown>(),
  },
  (table) => [index("audit_event_action").on(table.action, table.id), index("audit_event_at").on(table.at)],
);

/** The chain: a link for each event, made by a trigger when the transaction commits, so that nobody waits for it before. */
export const auditLink = configSchema.table("audit_link", {
  /** 1, 2, 3 … without a gap, in the order of commits. */
  seq: bigint({ mode: "number" }).primaryKey(),
  event: bigint({ mode: "number" }).notNull().unique(),
  /** `hash` of the link before; 32 zero bytes before the first. */
  previous: bytea().notNull(),
  /** SHA-256 over `previous` and the event: `config.audit_hash`. */
  hash: bytea().notNull(),
});

/** One row: the newest link. Its lock puts the links in order. */
export const auditHead = configSchema.table("audit_head", {
  id: boolean().primaryKey(),
  seq: bigint({ mode: "number" }).notNull(),
  hash: bytea().notNull(),
});

/** One row once something was removed: the last link that is gone, from which the chain is verified. */
export const auditAnchor = configSchema.table("audit_anchor", {
  id: boolean().primaryKey(),
  seq: bigint({ mode: "number" }).notNull(),
  hash: bytea().notNull(),
  at: timestamp({ withTimezone: true }).notNull(),
});

/** One row: how long events are kept; null: for ever. */
export const auditRetention = configSchema.table("audit_retention", {
  id: boolean().primaryKey(),
  days: integer(),
});
