import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { sectionChange } from "./section-change.ts";

/**
 * Finds resources of `section` by name. Clients name what they have mostly in the order in which they were sent it: who is asked for
 * what stands next need not look it up.
 */
export function resourceFinder(section: SnapshotType): (name: string) => SnapshotResource | undefined {
  const inOrder = sectionChange(undefined, section).updated;
  let next = 0;
  return (name) => {
    const expected = inOrder[next];
    if (expected?.name === name) {
      next++;
      return expected;
    }
    const found = section.resources.get(name);
    // One that the client does not have stands between.
    if (found !== undefined && found === inOrder[next + 1]) next += 2;
    return found;
  };
}
