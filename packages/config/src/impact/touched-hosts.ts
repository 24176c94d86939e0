import type { ResourceRef } from "../contract.ts";
import type { DraftChange } from "../draft/draft-changes.ts";
import { isMap } from "../text/item-keys.ts";
import { changedFields, type DiffSide } from "../version/diff-resource.ts";

/** A resource that changes, with its content before and after. */
export interface ChangedSides extends Pick<DraftChange, "kind" | "name" | "change"> {
  readonly before: DiffSide | undefined;
  readonly after: DiffSide | undefined;
}

/** The virtual hosts that changes speak of, in route configurations and inline in listeners, by name, with the changes. */
export function touchedHosts(
  changes: readonly ChangedSides[],
): ReadonlyMap<string, ReadonlyMap<string, ResourceRef>> {
  const found = new Map<string, Map<string, ResourceRef>>();
  for (const { kind, name, change, before, after } of changes) {
    const names =
      change === "modified"
        ? changedFields(before, after).flatMap(({ path }) => hostIn(path) ?? [])
        : kind === "routes" || kind === "listeners"
          ? hostsOf((after ?? before)?.json)
          : [];
    for (const host of names) {
      const by = found.get(host) ?? new Map<string, ResourceRef>();
      found.set(host, by.set(`${kind}/${name}`, { kind, name }));
    }
  }
  return found;
}

function hostIn(path: string): string | undefined {
  return /(?:^|\.)virtual_hosts\[([^\]]+)\]/.exec(path)?.[1];
}

/** Wherever they stand: `virtual_hosts` of a route configuration, or of the ones inside of a listener's filters. */
function hostsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(hostsOf);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key !== "virtual_hosts" && key !== "virtualHosts") return hostsOf(item);
    const hosts: unknown[] = Array.isArray(item) ? item : [item];
    return hosts.flatMap((host) => (isMap(host) && typeof host.name === "string" ? [host.name] : []));
  });
}
