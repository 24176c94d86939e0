import { index, integer, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { ResourceKind } from "../contract.ts";
import type { SourceApply, SourceKind, SourcePhase, SourceWinner } from "../source/source-contract.ts";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

/** Directories and Git repositories that resources come from, and how far each is. */
export const source = configSchema.table("source", {
  name: text().primaryKey(),
  kind: text().$type<SourceKind>().notNull(),
  location: text().notNull(),
  ref: text().notNull(),
  path: text().notNull(),
  winner: text().$type<SourceWinner>().notNull(),
  apply: text().$type<SourceApply>().notNull(),
  group: text("group_name").notNull(),
  intervalMs: integer("interval_ms").notNull(),
  /** Sealed for `source/<name>/credentials`. */
  sealedCredentials: text("sealed_credentials"),
  /** Sealed for `source/<name>/webhook`. */
  sealedWebhook: text("sealed_webhook"),
  createdAt: at("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  nextCheckAt: at("next_check_at").notNull(),
  checkedAt: at("checked_at"),
  /** What was fetched last. */
  commit: text(),
  commitSubject: text("commit_subject"),
  fetchedAt: at("fetched_at"),
  /** The files, compressed and sealed for `source/<name>/content`: a plan needs no fetch, on any replica. */
  sealedContent: text("sealed_content"),
  appliedCommit: text("applied_commit"),
  appliedAt: at("applied_at"),
  appliedVersion: integer("applied_version"),
  phase: text().$type<SourcePhase>().notNull(),
  message: text().notNull(),
});

/** Which source a resource of the draft came from; at most one. */
export const sourceResource = configSchema.table(
  "source_resource",
  {
    kind: text().$type<ResourceKind>().notNull(),
    name: text().notNull(),
    source: text()
      .notNull()
      .references(() => source.name, { onDelete: "cascade" }),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.name] }),
    index("source_resource_source").on(table.source),
  ],
);
