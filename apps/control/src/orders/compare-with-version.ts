import {
  diffResource,
  type NodeComparison,
  RESOURCE_KINDS,
  type ResourceDiff,
  type ResourceKind,
} from "@sluice/config";
import { type Snapshot, toYaml } from "@sluice/xds";
import { typeUrlOf } from "../snapshot/build-snapshot.ts";
import { readable } from "./dump-of-status.ts";
import { fromOtherSources } from "./other-sources.ts";

type Json = Record<string, unknown>;

/** Where a dump has what of each kind, and in which member of its entries. */
const PLACES: readonly (readonly [kind: ResourceKind, list: string, member: string])[] = [
  ["listeners", "dynamic_listeners", "listener"],
  ["routes", "dynamic_route_configs", "route_config"],
  ["clusters", "dynamic_active_clusters", "cluster"],
  ["endpoints", "dynamic_endpoint_configs", "endpoint_config"],
  ["secrets", "dynamic_active_secrets", "secret"],
];
/** A node asks for these by name; of the others it has all. */
const BY_NAME: ReadonlySet<ResourceKind> = new Set(["routes", "endpoints", "secrets"]);

/** `dump`: envoy.admin.v3.ConfigDump as JSON. `snapshot`: the version as nodes are sent it. Values of secrets are not compared. */
export function compareWithVersion(dump: unknown, version: number, snapshot: Snapshot): NodeComparison {
  const has = resourcesIn(dump);
  const others = fromOtherSources(dump);
  const differences: ResourceDiff[] = [];
  let same = 0;
  let notAskedFor = 0;
  for (const kind of RESOURCE_KINDS) {
    const typeUrl = typeUrlOf(kind);
    const wanted = snapshot.types.get(typeUrl)?.resources ?? new Map();
    const own = has.get(kind) ?? new Map<string, Json>();
    for (const name of [...new Set([...wanted.keys(), ...own.keys()])].toSorted()) {
      const resource = wanted.get(name);
      const before = resource && readable(typeUrl, resource.value);
      const after = own.get(name);
      if (resource === undefined && others.has(`${kind}/${name}`)) continue;
      if (after === undefined && BY_NAME.has(kind)) notAskedFor++;
      else if (isEqual(before, after)) same++;
      else differences.push(diffResource({ kind, name }, sideOf(kind, before), sideOf(kind, after)));
    }
  }
  const source = isJson(dump) && dump.source === "control_plane" ? "control_plane" : "node";
  return { version, source, differences, same, notAskedFor };
}

/** By kind and name, with `@type`. */
function resourcesIn(dump: unknown): ReadonlyMap<ResourceKind, ReadonlyMap<string, Json>> {
  const found = new Map<ResourceKind, Map<string, Json>>();
  for (const section of listOf(isJson(dump) ? dump.configs : undefined)) {
    for (const [kind, list, member] of PLACES) {
      for (const entry of listOf(section[list])) {
        const state = isJson(entry.active_state) ? entry.active_state : entry;
        const resource = state[member];
        if (!isJson(resource)) continue;
        const name = String(resource.name ?? resource.cluster_name ?? "");
        const named = found.get(kind) ?? new Map<string, Json>();
        found.set(kind, named.set(name, resource));
      }
    }
  }
  return found;
}

function sideOf(kind: ResourceKind, resource: Json | undefined) {
  if (resource === undefined) return undefined;
  const { "@type": _, ...json } = resource;
  return { yaml: toYaml(typeUrlOf(kind), json), json };
}

/** Both are made by one function from messages, so members stand in one order. */
function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
