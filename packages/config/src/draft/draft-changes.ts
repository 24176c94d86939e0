import { RESOURCE_KINDS, type ResourceDiff, type ResourceRef } from "../contract.ts";
import { byKindAndName } from "../version/version-entries.ts";
import type { ReadDraft } from "./read-draft.ts";

/** That a resource of the draft is not as it is live. */
export interface DraftChange extends ResourceRef {
  readonly change: ResourceDiff["change"];
  /** Hash of what is live; "" for what is added. */
  readonly before: string;
  /** Hash of the draft's; "" for what is removed. */
  readonly after: string;
}

/** By kind, then name. */
export function draftChanges({ rows, liveEntries }: ReadDraft): readonly DraftChange[] {
  const present = new Set(rows.map(({ kind, name }) => `${kind}/${name}`));
  const changed = rows.flatMap(({ kind, name, hash }): DraftChange[] => {
    const before = liveEntries[kind].get(name)?.[1] ?? "";
    if (before === hash) return [];
    return [{ kind, name, change: before === "" ? "added" : "modified", before, after: hash }];
  });
  const removed = RESOURCE_KINDS.flatMap((kind) =>
    [...liveEntries[kind].values()].flatMap(([name, before]): DraftChange[] =>
      present.has(`${kind}/${name}`) ? [] : [{ kind, name, change: "removed", before, after: "" }],
    ),
  );
  return [...changed, ...removed].toSorted(byKindAndName);
}
