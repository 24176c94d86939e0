import { inArray } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { type BucketEntry, bucket, tree } from "../schema/index.ts";
import { EMPTY_TREE } from "./build-tree.ts";

const CACHED_MAX = 4096;

/** Content-addressed, so that what was read once is right for ever, whichever database it came from. */
const cachedTrees = new Map<string, readonly string[]>();
const cachedBuckets = new Map<string, readonly BucketEntry[]>();

/** The bucket hashes of each tree, none of the empty one. A tree that is not there is a broken database: throws. */
export async function readTrees(
  executor: Executor,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const wanted = hashes.filter((hash) => hash !== EMPTY_TREE.hash);
  return await readCached(cachedTrees, wanted, async (missing) => {
    const rows = await executor
      .select()
      .from(tree)
      .where(inArray(tree.hash, [...missing]));
    return rows.map((row) => [row.hash, row.buckets] as const);
  });
}

export async function readBuckets(
  executor: Executor,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, readonly BucketEntry[]>> {
  return await readCached(cachedBuckets, hashes, async (missing) => {
    const rows = await executor
      .select()
      .from(bucket)
      .where(inArray(bucket.hash, [...missing]));
    return rows.map((row) => [row.hash, row.entries] as const);
  });
}

async function readCached<T>(
  cache: Map<string, T>,
  hashes: readonly string[],
  read: (missing: readonly string[]) => Promise<ReadonlyArray<readonly [string, T]>>,
): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  const missing = new Set<string>();
  for (const hash of hashes) {
    if (hash === "" || found.has(hash)) continue;
    const known = cache.get(hash);
    if (known === undefined) missing.add(hash);
    else {
      found.set(hash, known);
      // To the end: the map's order is that of last use.
      cache.delete(hash);
      cache.set(hash, known);
    }
  }
  if (missing.size > 0) {
    for (const [hash, value] of await read([...missing])) {
      found.set(hash, value);
      missing.delete(hash);
      cache.set(hash, value);
    }
    for (const hash of missing) throw new Error(`the database lacks ${hash}, which a version refers to`);
    for (const oldest of cache.keys()) {
      if (cache.size <= CACHED_MAX) break;
      cache.delete(oldest);
    }
  }
  return found;
}
