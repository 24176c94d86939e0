import type { ResourceKind } from "@sluice/config";
import type { SnapshotResource, SnapshotType } from "@sluice/xds";
import type { KnownType, VersionHistory } from "../snapshot/version-history.ts";

export const SECRET_STAMP = /(?:^|\.)sds\.(.+)\.version$/;
/** Where a node says which resource of a kind it runs; the group is the resource's stat name. */
const PER_RESOURCE: readonly (readonly [ResourceKind, RegExp])[] = [
  ["routes", /^http\..+\.rds\.(.+)\.version$/],
  ["secrets", SECRET_STAMP],
  ["endpoints", /^cluster\.(.+)\.version$/],
];

/**
 * Which versions a node's own gauges say are in force, by kind; kinds that are warming, or of which it says nothing, are
 * left out.
 *
 * A node stamps a resource with the version of the response that brought it. So a route configuration that did not change
 * since carries an older stamp than its neighbour: what counts is that its content under that stamp is the content of the
 * version in question.
 */
export function readEffective(
  facts: ReadonlyMap<string, number>,
  history: VersionHistory,
  target: ReadonlyMap<ResourceKind, KnownType>,
): ReadonlyMap<ResourceKind, number> {
  const effective = new Map<ResourceKind, number>();
  const put = (kind: ResourceKind, known: KnownType | undefined) => {
    if (known !== undefined) effective.set(kind, known.number);
  };
  if ((facts.get("cluster_manager.warming_clusters") ?? 0) === 0) {
    put("clusters", history.ofGauge("clusters", facts.get("cluster_manager.cds.version") ?? Number.NaN));
  }
  if ((facts.get("listener_manager.total_listeners_warming") ?? 0) === 0) {
    put("listeners", history.ofGauge("listeners", facts.get("listener_manager.lds.version") ?? Number.NaN));
  }
  for (const [kind, pattern] of PER_RESOURCE) {
    put(kind, effectivePerResource(kind, stampsOf(facts, pattern), history, target.get(kind)));
  }
  return effective;
}

export function stampsOf(facts: ReadonlyMap<string, number>, pattern: RegExp): Map<string, number> {
  const stamps = new Map<string, number>();
  for (const [stat, value] of facts) {
    const name = pattern.exec(stat)?.[1];
    if (name !== undefined) stamps.set(name, value);
  }
  return stamps;
}

function effectivePerResource(
  kind: ResourceKind,
  stamps: ReadonlyMap<string, number>,
  history: VersionHistory,
  target: KnownType | undefined,
): KnownType | undefined {
  if (target === undefined) return undefined;
  const byStatName = resourcesByStatName(target.type);
  let compared = 0;
  for (const [statName, stamp] of stamps) {
    const wanted = byStatName.get(statName);
    // 0: asked for, nothing came yet. Unknown names are those of static or foreign subscriptions.
    if (wanted === undefined) continue;
    const running = history.ofGauge(kind, stamp)?.type.resources.get(wanted.name);
    if (running === undefined || running.version !== wanted.version) return undefined;
    compared++;
  }
  return compared === 0 ? undefined : target;
}

const byStatNameOf = new WeakMap<SnapshotType, ReadonlyMap<string, SnapshotResource>>();

/** Made once per type, because each node asks several times a second. */
export function resourcesByStatName(type: SnapshotType): ReadonlyMap<string, SnapshotResource> {
  let found = byStatNameOf.get(type);
  if (found === undefined) {
    found = new Map(
      [...type.resources.values()].map((resource) => [resource.name.replaceAll(":", "_"), resource]),
    );
    byStatNameOf.set(type, found);
  }
  return found;
}
