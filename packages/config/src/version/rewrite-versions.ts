import { fromBinary } from "@bufbuild/protobuf";
import { messageDescriptor } from "@sluice/xds";
import { eq, inArray, sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { findInMessage } from "../analysis/find-in-message.ts";
import { KIND_TYPES, RESOURCE_KINDS } from "../contract.ts";
import { type BucketEntry, blob, bucket, resourceChange, tree, version } from "../schema/index.ts";
import { type BuiltTree, buildTree, EMPTY_TREE } from "./build-tree.ts";
import { type VersionKinds, versionEntries } from "./version-entries.ts";
import { versionHash } from "./version-hash.ts";

export type NewBlob = typeof blob.$inferInsert;

const TABLES = ["blob", "bucket", "tree", "version"];

/**
 * Puts other contents in the place of blobs, by hash, in every version that has them, and names trees and versions by what they
 * are then; older versions come to say which secrets they refer to. The one way around the immutability of versions: for migrations, which must leave what nodes get as it was.
 */
export async function rewriteVersions(tx: Transaction, renamed: ReadonlyMap<string, NewBlob>): Promise<void> {
  for (const table of TABLES)
    await tx.execute(sql.raw(`alter table config.${table} disable trigger immutable`));
  if (renamed.size > 0)
    await tx
      .insert(blob)
      .values([...renamed.values()])
      .onConflictDoNothing();
  const trees = await rewriteTrees(tx, renamed);
  const blobs = new Map<string, readonly string[]>();
  for (const row of await tx.select().from(version).orderBy(version.number)) {
    const kinds = Object.fromEntries(
      RESOURCE_KINDS.map((kind) => {
        const built = trees.get(row.kinds[kind].tree);
        const next = built && { tree: built.hash, contentHash: built.contentHash };
        return [kind, { ...row.kinds[kind], ...next }];
      }),
    ) as Mutable<typeof row.kinds>;
    kinds.secrets = { ...kinds.secrets, referred: await referredSecrets(tx, kinds, blobs) };
    const hash = versionHash(kinds, row.routeTests);
    await tx.update(version).set({ kinds, hash }).where(eq(version.number, row.number));
  }
  for (const [before, after] of renamed)
    await tx.update(resourceChange).set({ hash: after.hash }).where(eq(resourceChange.hash, before));
  if (renamed.size > 0) await tx.delete(blob).where(inArray(blob.hash, [...renamed.keys()]));
  for (const table of TABLES)
    await tx.execute(sql.raw(`alter table config.${table} enable trigger immutable`));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `known`: by blob, the secrets that it refers to. */
async function referredSecrets(
  tx: Transaction,
  kinds: VersionKinds,
  known: Map<string, readonly string[]>,
): Promise<readonly string[]> {
  if (kinds.secrets.count === 0) return [];
  const entries = await versionEntries(tx, kinds);
  const hashes = RESOURCE_KINDS.flatMap((kind) => [...entries[kind].values()].map(([, hash]) => hash));
  const missing = JSON.stringify(hashes.filter((hash) => !known.has(hash)));
  const rows = await tx
    .select({ hash: blob.hash, kind: blob.kind, message: blob.message })
    .from(blob)
    .where(sql`${blob.hash} in (select json_array_elements_text(${missing}::text::json))`);
  for (const { hash, kind, message } of rows) {
    const schema = messageDescriptor(KIND_TYPES[kind]);
    const { references } = findInMessage(schema, fromBinary(schema, message));
    known.set(
      hash,
      references.filter((reference) => reference.kind === "secrets").map(({ name }) => name),
    );
  }
  const names = new Set(hashes.flatMap((hash) => known.get(hash) ?? []));
  return [...names].filter((name) => entries.secrets.has(name)).toSorted();
}

/** By the hash that each changed tree had. Old trees and buckets go. */
async function rewriteTrees(
  tx: Transaction,
  renamed: ReadonlyMap<string, NewBlob>,
): Promise<ReadonlyMap<string, BuiltTree>> {
  const buckets = new Map((await tx.select().from(bucket)).map(({ hash, entries }) => [hash, entries]));
  const touched = new Set(
    [...buckets].filter(([, entries]) => entries.some(([, hash]) => renamed.has(hash))).map(([hash]) => hash),
  );
  const rewritten = new Map<string, BuiltTree>();
  for (const row of await tx.select().from(tree)) {
    if (row.hash === EMPTY_TREE.hash || !row.buckets.some((hash) => touched.has(hash))) continue;
    const entries = row.buckets.flatMap((hash) => buckets.get(hash) ?? []);
    rewritten.set(
      row.hash,
      buildTree(
        entries.map((entry): BucketEntry => {
          const next = renamed.get(entry[1]);
          return next === undefined ? entry : [entry[0], next.hash, next.messageHash];
        }),
      ),
    );
  }
  for (const { hash, buckets: of, contents } of rewritten.values()) {
    const rows = [...contents].map(([hash, entries]) => ({ hash, entries }));
    await tx.insert(bucket).values(rows).onConflictDoNothing();
    await tx.insert(tree).values({ hash, buckets: of }).onConflictDoNothing();
  }
  if (rewritten.size > 0) await tx.delete(tree).where(inArray(tree.hash, [...rewritten.keys()]));
  if (touched.size > 0) await tx.delete(bucket).where(inArray(bucket.hash, [...touched]));
  return rewritten;
}
