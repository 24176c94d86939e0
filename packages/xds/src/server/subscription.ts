import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { WILDCARD } from "../type-urls.ts";

/** What a client asked of one type: names, and perhaps all there is. */
export class Subscription {
  wildcard = false;
  readonly names = new Set<string>();
  /** Sum of the lengths of all names, for the stream's limit. */
  namesLength = 0;

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  add(name: string): boolean {
    if (name === WILDCARD) {
      const added = !this.wildcard;
      this.wildcard = true;
      return added;
    }
    if (this.names.has(name)) return false;
    this.names.add(name);
    this.namesLength += name.length;
    return true;
  }

  delete(name: string): void {
    if (name === WILDCARD) this.wildcard = false;
    else if (this.names.delete(name)) this.namesLength -= name.length;
  }

  has(name: string): boolean {
    return this.wildcard || this.names.has(name);
  }

  get isEmpty(): boolean {
    return !this.wildcard && this.names.size === 0;
  }

  /** The subscribed part of `section`; the map itself when that is all of it. */
  select(section: SnapshotType): ReadonlyMap<string, SnapshotResource> {
    if (this.wildcard) return section.resources;
    const selected = new Map<string, SnapshotResource>();
    for (const name of this.names) {
      const resource = section.resources.get(name);
      if (resource !== undefined) selected.set(name, resource);
    }
    return selected;
  }
}
