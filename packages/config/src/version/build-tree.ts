import { createHash } from "node:crypto";
import { sha256 } from "../analysis/content-hash.ts";
import type { BucketEntry } from "../schema/index.ts";

/** Buckets of a tree. With 2,000 resources of a kind a change writes one bucket of about 30 entries. Never to be changed. */
export const TREE_FANOUT = 64;

export interface BuiltTree {
  readonly hash: string;
  /** TREE_FANOUT bucket hashes, "" for empty ones. */
  readonly buckets: readonly string[];
  /** By hash. */
  readonly contents: ReadonlyMap<string, readonly BucketEntry[]>;
  readonly contentHash: string;
  readonly count: number;
}

/** Groups the resources of one kind; equal resources give equal hashes whatever order they come in. */
export function buildTree(entries: readonly BucketEntry[]): BuiltTree {
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const groups = Array.from({ length: TREE_FANOUT }, (): BucketEntry[] => []);
  for (const entry of sorted) groups[bucketOf(entry[0])]?.push(entry);
  const contents = new Map<string, readonly BucketEntry[]>();
  const buckets = groups.map((group) => {
    if (group.length === 0) return "";
    const hash = sha256(JSON.stringify(group));
    contents.set(hash, group);
    return hash;
  });
  return {
    hash: sha256(buckets.join("\n")),
    buckets,
    contents,
    contentHash: sha256(JSON.stringify(sorted.map(([name, , messageHash]) => [name, messageHash]))),
    count: sorted.length,
  };
}

function bucketOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0) % TREE_FANOUT;
}

export const EMPTY_TREE: BuiltTree = buildTree([]);
