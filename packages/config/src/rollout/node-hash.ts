import { createHash } from "node:crypto";

/** Above every node's hash. */
const HASH_END = 2 ** 32;

/** Where a node stands among all when a percentage chooses: from its id alone, so the choice is the same everywhere and always. */
export function nodeHash(id: string): number {
  return createHash("sha256").update(id).digest().readUInt32BE(0);
}

/**
 * The hash up to which `percent` of these nodes have theirs: at least one node, and the last step's all of them. Nodes that come
 * later are judged by the same number. Without any node the share of all possible hashes.
 */
export function cutoffFor(percent: number, ids: readonly string[]): number {
  if (percent >= 100) return HASH_END - 1;
  if (ids.length === 0) return Math.floor((percent / 100) * HASH_END);
  const hashes = ids.map(nodeHash).toSorted((a, b) => a - b);
  const count = Math.max(1, Math.ceil((percent * ids.length) / 100));
  return hashes[count - 1] ?? HASH_END - 1;
}
