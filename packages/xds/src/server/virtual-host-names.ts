import { fromBinary } from "@bufbuild/protobuf";
import { VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";

/** The virtual hosts of one route configuration, by what a host in a request may be. */
interface Namespace {
  readonly all: SnapshotResource[];
  readonly exact: Map<string, SnapshotResource>;
  /** `*.example.com` as `.example.com`, longest first; then `example.*` as `example.`. */
  readonly suffixes: [string, SnapshotResource][];
  readonly prefixes: [string, SnapshotResource][];
  any: SnapshotResource | undefined;
}

const indexes = new WeakMap<SnapshotType, ReadonlyMap<string, Namespace>>();

/**
 * What a VHDS name stands for. `route configuration`: all of its virtual hosts. `route configuration/host`: the one of that
 * name or alias, else the one that serves the host by its domains, in Envoy's order: exact, suffix, prefix, `*`. Matched
 * from the right, since a route configuration's name may have slashes and a host has none.
 */
export function virtualHostsOf(section: SnapshotType, name: string): readonly SnapshotResource[] {
  const named = section.resources.get(name);
  if (named !== undefined) return [named];
  const index = indexOf(section);
  const whole = index.get(name);
  if (whole !== undefined) return whole.all;
  const slash = name.lastIndexOf("/");
  const namespace = slash < 0 ? undefined : index.get(name.slice(0, slash));
  if (namespace === undefined) return [];
  const found = serving(namespace, name.slice(slash + 1).toLowerCase());
  return found === undefined ? [] : [found];
}

function serving(namespace: Namespace, host: string): SnapshotResource | undefined {
  const { exact, suffixes, prefixes, any } = namespace;
  const longer = ([part]: [string, SnapshotResource]): boolean => host.length > part.length;
  return (
    exact.get(host) ??
    suffixes.find((each) => longer(each) && host.endsWith(each[0]))?.[1] ??
    prefixes.find((each) => longer(each) && host.startsWith(each[0]))?.[1] ??
    any
  );
}

function indexOf(section: SnapshotType): ReadonlyMap<string, Namespace> {
  let index = indexes.get(section);
  if (index === undefined) {
    index = makeIndex(section);
    indexes.set(section, index);
  }
  return index;
}

function makeIndex(section: SnapshotType): ReadonlyMap<string, Namespace> {
  const index = new Map<string, Namespace>();
  for (const resource of section.resources.values()) {
    const slash = resource.name.lastIndexOf("/");
    const owner = slash < 0 ? "" : resource.name.slice(0, slash);
    let namespace = index.get(owner);
    if (namespace === undefined) {
      namespace = { all: [], exact: new Map(), suffixes: [], prefixes: [], any: undefined };
      index.set(owner, namespace);
    }
    namespace.all.push(resource);
    for (const domain of domainsOf(resource)) addDomain(namespace, domain.toLowerCase(), resource);
  }
  for (const { suffixes, prefixes } of index.values()) {
    suffixes.sort(([a], [b]) => b.length - a.length);
    prefixes.sort(([a], [b]) => b.length - a.length);
  }
  return index;
}

function addDomain(namespace: Namespace, domain: string, resource: SnapshotResource): void {
  if (domain === "*") namespace.any ??= resource;
  else if (domain.startsWith("*")) namespace.suffixes.push([domain.slice(1), resource]);
  else if (domain.endsWith("*")) namespace.prefixes.push([domain.slice(0, -1), resource]);
  else if (!namespace.exact.has(domain)) namespace.exact.set(domain, resource);
}

/** Aliases count before domains. */
function domainsOf({ name, aliases = [], value }: SnapshotResource): readonly string[] {
  const owner = name.slice(0, name.lastIndexOf("/") + 1);
  const byAlias = aliases
    .filter((alias) => alias.startsWith(owner))
    .map((alias) => alias.slice(owner.length));
  return [...byAlias, ...fromBinary(VirtualHostSchema, value).domains];
}
