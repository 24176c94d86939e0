import { boolean, index, integer, jsonb, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { FieldDiff, ResourceKind } from "../contract.ts";
import type { FieldBlame } from "../history/field-blame.ts";
import { configSchema } from "./config-schema.ts";
import { version } from "./version-tables.ts";

/** Names that people give to versions; a name stands for one version at a time. */
export const versionTag = configSchema.table(
  "version_tag",
  {
    name: text().primaryKey(),
    version: integer()
      .notNull()
      .references(() => version.number),
    author: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
  },
  (table) => [index("version_tag_version").on(table.version)],
);

/** What each version changed of what the number before it had. Follows from the versions: an index, made anew when lost. */
export const resourceChange = configSchema.table(
  "resource_change",
  {
    kind: text().$type<ResourceKind>().notNull(),
    name: text().notNull(),
    version: integer()
      .notNull()
      .references(() => version.number),
    change: text().$type<"added" | "modified" | "removed">().notNull(),
    /** Of the blob; null for removed. */
    hash: text(),
    /** Secrets redacted; at most FIELDS_MAX, the rest is in the versions. */
    fields: jsonb().$type<readonly FieldDiff[]>().notNull(),
    /** What a search looks through: the resource, the fields' paths and values. */
    words: text().notNull(),
    /** Null until somebody asks, or the next version carries it on. */
    blame: jsonb().$type<FieldBlame>(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.name, table.version] }),
    index("resource_change_version").on(table.version),
  ],
);

/** One row: up to which version `resource_change` is complete. */
export const historyIndex = configSchema.table("history_index", {
  id: boolean().primaryKey(),
  version: integer().notNull(),
});
