import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type { ApprovalKind, ApprovalState } from "../approval/approval-contract.ts";
import type { RolloutStrategy } from "../rollout/rollout-contract.ts";
import { configSchema } from "./config-schema.ts";
import { version } from "./version-tables.ts";

/** What was asked for in a protected group; below `expiresAt`, what became of it. Changed only under the lock of the group's row. */
export const approvalRequest = configSchema.table(
  "approval_request",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text().$type<ApprovalKind>().notNull(),
    group: text("group_name").notNull(),
    version: integer().references(() => version.number),
    base: integer(),
    strategy: jsonb().$type<RolloutStrategy>(),
    message: text().notNull(),
    override: text(),
    requestedBy: text("requested_by").notNull(),
    requestedById: text("requested_by_id").notNull(),
    requestedAt: timestamp("requested_at", { withTimezone: true }).notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
    state: text().$type<ApprovalState>().notNull(),
    decidedBy: text("decided_by"),
    decidedAt: timestamp("decided_at", { withTimezone: true }),
    reason: text(),
    brokenGlass: boolean("broken_glass").notNull().default(false),
    rollout: bigint({ mode: "number" }),
  },
  (table) => [
    index("approval_request_open").on(table.group).where(sql`state = 'open'`),
    index("approval_request_version").on(table.version),
  ],
);
