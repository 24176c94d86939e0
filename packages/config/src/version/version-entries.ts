import type { Executor } from "../access/executor.ts";
import { byKind } from "../by-kind.ts";
import { RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import type { BucketEntry, VersionKind } from "../schema/index.ts";
import { TREE_FANOUT } from "./build-tree.ts";
import { readBuckets, readTrees } from "./read-trees.ts";

export type VersionKinds = Readonly<Record<ResourceKind, VersionKind>>;

/** What a version has of one kind: blob and message hashes by name, names sorted. */
export type KindEntries = ReadonlyMap<string, BucketEntry>;

/** Names and hashes of a whole version. */
export async function versionEntries(
  executor: Executor,
  kinds: VersionKinds,
  only: readonly ResourceKind[] = RESOURCE_KINDS,
): Promise<Readonly<Record<ResourceKind, KindEntries>>> {
  const trees = await readTrees(
    executor,
    only.map((kind) => kinds[kind].tree),
  );
  const buckets = await readBuckets(executor, [...trees.values()].flat());
  return byKind((kind): KindEntries => {
    if (!only.includes(kind)) return new Map();
    const all = (trees.get(kinds[kind].tree) ?? []).flatMap((hash) => buckets.get(hash) ?? []);
    return new Map(all.toSorted(([a], [b]) => (a < b ? -1 : 1)).map((entry) => [entry[0], entry]));
  });
}

export interface EntryChange {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly before: BucketEntry | undefined;
  readonly after: BucketEntry | undefined;
}

/** What differs between two versions; equal trees and buckets are never read. By kind, then name. */
export async function changedEntries(
  executor: Executor,
  before: VersionKinds,
  after: VersionKinds,
): Promise<readonly EntryChange[]> {
  const kinds = RESOURCE_KINDS.filter((kind) => before[kind].tree !== after[kind].tree);
  const trees = await readTrees(
    executor,
    kinds.flatMap((kind) => [before[kind].tree, after[kind].tree]),
  );
  const pairs = kinds.flatMap((kind) => {
    const left = trees.get(before[kind].tree) ?? [];
    const right = trees.get(after[kind].tree) ?? [];
    const at = Array.from({ length: TREE_FANOUT }, (_, index) => ({
      kind,
      left: left[index] ?? "",
      right: right[index] ?? "",
    }));
    return at.filter((pair) => pair.left !== pair.right);
  });
  const buckets = await readBuckets(
    executor,
    pairs.flatMap(({ left, right }) => [left, right]),
  );
  const changes: EntryChange[] = [];
  for (const { kind, left, right } of pairs) {
    const old = new Map((buckets.get(left) ?? []).map((entry) => [entry[0], entry]));
    const fresh = new Map((buckets.get(right) ?? []).map((entry) => [entry[0], entry]));
    for (const name of new Set([...old.keys(), ...fresh.keys()])) {
      if (old.get(name)?.[1] !== fresh.get(name)?.[1]) {
        changes.push({ kind, name, before: old.get(name), after: fresh.get(name) });
      }
    }
  }
  return changes.toSorted(byKindAndName);
}

/** The order in which everything is shown. */
export function byKindAndName(
  a: { readonly kind: ResourceKind; readonly name: string },
  b: { readonly kind: ResourceKind; readonly name: string },
): number {
  const order = RESOURCE_KINDS.indexOf(a.kind) - RESOURCE_KINDS.indexOf(b.kind);
  return order !== 0 ? order : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
