import { boolean, index, integer, json, jsonb, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Analysis } from "../analysis/analysis.ts";
import type { ResourceKind } from "../contract.ts";
import { bytea } from "./bytea.ts";
import { configSchema } from "./config-schema.ts";

/** One row: the lock that publishers take and edits share, so that a publish sees the draft standing still. */
export const draftLock = configSchema.table("draft_lock", { id: boolean().primaryKey() });

export const draftResource = configSchema.table(
  "draft_resource",
  {
    kind: text().$type<ResourceKind>().notNull(),
    name: text().notNull(),
    yaml: text().notNull(),
    /** `blobHash` of kind and text; a version's blob of the same content has the same. */
    hash: text().notNull(),
    revision: integer().notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
    updatedBy: text("updated_by").notNull(),
    json: json().$type<unknown>(),
    message: bytea(),
    messageHash: text("message_hash"),
    analysis: jsonb().$type<Analysis>().notNull(),
    /** RULES_REVISION that made `analysis`; another one means: analyze again. */
    rules: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.name] }),
    index("draft_resource_updated_at").on(table.updatedAt),
  ],
);

/** Revisions go on where a removed resource ended, so that an edit begun before the removal is a conflict. */
export const draftRemoval = configSchema.table(
  "draft_removal",
  {
    kind: text().$type<ResourceKind>().notNull(),
    name: text().notNull(),
    revision: integer().notNull(),
    removedAt: timestamp("removed_at", { withTimezone: true }).notNull(),
    removedBy: text("removed_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.name] })],
);
