import { bigint, index, jsonb, text, timestamp } from "drizzle-orm/pg-core";
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
  (table) => [index("audit_event_action").on(table.action, table.id)],
);
