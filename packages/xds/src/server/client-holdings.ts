import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { ownText } from "./delta-request.ts";
import { resourceFinder } from "./resource-finder.ts";
import { sectionChange } from "./section-change.ts";
import type { Subscription } from "./subscription.ts";

/** A version that no resource has: the client may have one under this name, nobody knows which. */
const UNSURE = "";

export interface Difference {
  /** What the client should get. */
  readonly updated: readonly SnapshotResource[];
  /** Names that the client should be told are gone or never were. */
  readonly removed: readonly string[];
}

/**
 * What a client has of one type. It is what the section says that it was last brought to, for all that it subscribes to; the
 * exceptions are kept by name. So a thousand clients that are up to date need no memory of a thousand resources each.
 */
export class ClientHoldings {
  /** Undefined: the client was not brought anywhere yet. */
  private base: SnapshotType | undefined;
  /** Names for which `base` does not say it: the version that the client has, undefined when it has none. */
  private readonly exceptions = new Map<string, string | undefined>();
  /** What `base` has no more but was not taken from the client yet. */
  private readonly retained = new Map<string, SnapshotResource>();

  /** The client just subscribed to `name`: whatever it had, it gets it. */
  want(name: string): void {
    this.retained.delete(name);
    this.exceptions.set(name, undefined);
  }

  /**
   * The client came back with these names and versions, before anything else was told of it. Who has most of `section` counts as
   * brought there, so that only what it lacks is kept by name.
   */
  resume(
    versions: Iterable<readonly [name: string, version: string]>,
    section: SnapshotType,
    subscription: Subscription,
  ): void {
    const { exceptions } = this;
    const current = new Set<SnapshotResource>();
    const find = resourceFinder(section);
    for (const [part, version] of versions) {
      const resource = find(part);
      if (resource === undefined) {
        if (subscription.has(part)) exceptions.set(ownText(part), ownText(version));
      } else if (resource.version === version) {
        exceptions.delete(resource.name);
        if (subscription.has(resource.name)) current.add(resource);
      } else if (subscription.has(resource.name)) {
        current.delete(resource);
        exceptions.set(resource.name, ownText(version));
      }
    }
    if (current.size > 0) this.base = section;
    const lacks = (name: string): void => {
      const resource = section.resources.get(name);
      if ((resource === undefined || !current.has(resource)) && !exceptions.has(name))
        exceptions.set(name, undefined);
    };
    if (subscription.wildcard && current.size > 0 && current.size < section.resources.size)
      for (const name of section.resources.keys()) lacks(name);
    // Without the wildcard all that it has are names.
    if (subscription.wildcard || current.size < subscription.names.size)
      for (const name of subscription.names) lacks(name);
  }

  /** The client unsubscribed by name but may have it by the wildcard: it has to be told either way. */
  doubt(name: string): void {
    this.exceptions.set(name, UNSURE);
  }

  /** The client unsubscribed. */
  drop(name: string): void {
    this.exceptions.delete(name);
    this.retained.delete(name);
  }

  /** The client has all of `section`. */
  hasAll(section: SnapshotType): void {
    this.base = section;
  }

  /** From `subscription`'s names to everything: what it did not name before it does not have. */
  widen(subscription: Subscription): void {
    for (const name of subscription.names) {
      const version = this.base?.resources.get(name)?.version;
      if (this.base !== undefined && !this.exceptions.has(name)) this.exceptions.set(name, version);
    }
    this.base = undefined;
  }

  /** From everything to `subscription`'s names. */
  narrow(subscription: Subscription): void {
    for (const name of this.exceptions.keys()) if (!subscription.has(name)) this.exceptions.delete(name);
    for (const name of this.retained.keys()) if (!subscription.has(name)) this.retained.delete(name);
  }

  /** How the client differs from `section`; with `retain`, nothing that it has is removed. */
  difference(section: SnapshotType, subscription: Subscription, retain: boolean): Difference {
    const change = sectionChange(this.base, section);
    const updated = this.updates(change.updated, section, subscription);
    const removed: string[] = [];
    if (!retain) {
      for (const { name } of change.removed) {
        if (subscription.has(name) && !this.exceptions.has(name)) removed.push(name);
      }
      for (const name of this.retained.keys()) if (!section.resources.has(name)) removed.push(name);
    }
    for (const [name, version] of this.exceptions) {
      if (section.resources.has(name)) continue;
      if (version === undefined ? subscription.names.has(name) : !retain) removed.push(name);
    }
    return { updated, removed };
  }

  /** The client was sent the difference to `section`. */
  settle(section: SnapshotType, subscription: Subscription, retain: boolean): void {
    if (retain) {
      for (const resource of sectionChange(this.base, section).removed) {
        if (subscription.has(resource.name) && !this.exceptions.has(resource.name))
          this.retained.set(resource.name, resource);
      }
      for (const name of this.retained.keys()) if (section.resources.has(name)) this.retained.delete(name);
      for (const [name, version] of this.exceptions) {
        if (version === undefined || section.resources.has(name)) this.exceptions.delete(name);
      }
    } else {
      this.retained.clear();
      this.exceptions.clear();
    }
    this.base = section;
  }

  /** Resources that the client still has although its section has them no more. */
  kept(): Iterable<SnapshotResource> {
    return this.retained.values();
  }

  /** What the client was sent and has, as far as it is known. */
  held(subscription: Subscription): SnapshotResource[] {
    if (this.base === undefined) return [];
    const held = [...subscription.select(this.base).values()].filter(
      ({ name }) => !this.exceptions.has(name),
    );
    return [...held, ...this.retained.values()];
  }

  private updates(
    changed: readonly SnapshotResource[],
    section: SnapshotType,
    subscription: Subscription,
  ): readonly SnapshotResource[] {
    let updated = changed;
    if (!subscription.wildcard && subscription.names.size < changed.length) {
      const changedSet = this.base === undefined ? undefined : new Set(changed);
      updated = [...subscription.select(section).values()].filter(
        (resource) =>
          !this.exceptions.has(resource.name) && (changedSet === undefined || changedSet.has(resource)),
      );
    } else if (!subscription.wildcard || this.exceptions.size > 0) {
      updated = changed.filter(({ name }) => subscription.has(name) && !this.exceptions.has(name));
    }
    const more: SnapshotResource[] = [];
    for (const [name, version] of this.exceptions) {
      const resource = section.resources.get(name);
      if (resource !== undefined && resource.version !== version && subscription.has(name))
        more.push(resource);
    }
    // The same array for all streams keeps their encoding together: who names everything gets what the wildcard brings.
    const isAll = this.base === undefined || more.length === 0;
    if (isAll && updated.length + more.length === changed.length) return changed;
    return more.length > 0 ? [...updated, ...more] : updated;
  }
}
