import { index, integer, json, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type { ResourceKind } from "../contract.ts";
import { bytea } from "./bytea.ts";
import { configSchema } from "./config-schema.ts";

/** A resource's content, named by it. Never changed (triggers in the migrations see to it), shared by versions. */
export const blob = configSchema.table("blob", {
  hash: text().primaryKey(),
  kind: text().$type<ResourceKind>().notNull(),
  name: text().notNull(),
  yaml: text().notNull(),
  json: json().$type<unknown>().notNull(),
  /** The encoded message. */
  message: bytea().notNull(),
  messageHash: text("message_hash").notNull(),
});

/** `[name, blob hash, message hash]`, sorted by name. */
export type BucketEntry = readonly [name: string, hash: string, messageHash: string];

/** A part of a tree: the resources of one kind whose names hash to one number. */
export const bucket = configSchema.table("bucket", {
  hash: text().primaryKey(),
  entries: jsonb().$type<readonly BucketEntry[]>().notNull(),
});

/** All resources of one kind in a version: TREE_FANOUT bucket hashes, "" for empty ones. */
export const tree = configSchema.table("tree", {
  hash: text().primaryKey(),
  buckets: jsonb().$type<readonly string[]>().notNull(),
});

/** What a version says of one kind without reading its tree. */
export interface VersionKind {
  readonly tree: string;
  readonly count: number;
  /** Over names and message hashes: equal exactly when nodes would get the same. */
  readonly contentHash: string;
  /** Nodes ask for it: listeners and clusters always, others when something refers to one that is there. */
  readonly wanted: boolean;
  /** Of secrets: the names that something in the version refers to, sorted; nodes get no others. Older versions do not say. */
  readonly referred?: readonly string[];
  /** Of secrets: automatic certificates that it refers to, sorted; what they are now is not part of the version. */
  readonly automatic?: readonly string[];
}

export const version = configSchema.table(
  "version",
  {
    number: integer().primaryKey(),
    hash: text().notNull(),
    parent: integer(),
    message: text().notNull(),
    author: text().notNull(),
    authorId: text("author_id").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    resourceCount: integer("resource_count").notNull(),
    kinds: jsonb().$type<Readonly<Record<ResourceKind, VersionKind>>>().notNull(),
    /** Hash of the route test set; "" for none. */
    routeTests: text("route_tests").notNull().default(""),
  },
  (table) => [index("version_hash").on(table.hash)],
);
