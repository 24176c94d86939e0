import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";

export interface SectionChange {
  /** New or with another version, in `to`'s order. */
  readonly updated: readonly SnapshotResource[];
  /** In `from`, not in `to`. */
  readonly removed: readonly SnapshotResource[];
}

const NOTHING: SectionChange = { updated: [], removed: [] };

/** From nothing to each section. */
const fromNothing = new WeakMap<SnapshotType, SectionChange>();
const between = new WeakMap<SnapshotType, WeakMap<SnapshotType, SectionChange>>();

/**
 * What changed from one section to another; made once for all the streams that make the same step, so that a publish costs
 * each of them what it changes. The answer is the same object each time: encodings are kept by it.
 */
export function sectionChange(from: SnapshotType | undefined, to: SnapshotType): SectionChange {
  if (from === to) return NOTHING;
  const known = from === undefined ? fromNothing : between.get(from);
  const found = known?.get(to);
  if (found !== undefined) return found;
  const change = compare(from, to);
  if (from === undefined) fromNothing.set(to, change);
  else between.set(from, (between.get(from) ?? new WeakMap<SnapshotType, SectionChange>()).set(to, change));
  return change;
}

function compare(from: SnapshotType | undefined, to: SnapshotType): SectionChange {
  const updated: SnapshotResource[] = [];
  for (const resource of to.resources.values()) {
    if (from?.resources.get(resource.name)?.version !== resource.version) updated.push(resource);
  }
  const removed: SnapshotResource[] = [];
  for (const resource of from?.resources.values() ?? []) {
    if (!to.resources.has(resource.name)) removed.push(resource);
  }
  return { updated, removed };
}
