import { stringify } from "yaml";
import { CONTROL_CLUSTER, type ResourceKind } from "../../contract.ts";
import { readableSecret } from "./dumped-secret.ts";
import type { FoundContent, FoundResource, ImportFile, ImportNote } from "./import-contract.ts";
import { readText, unfoldText } from "./read-text.ts";

type Json = Readonly<Record<string, unknown>>;

/** Where each kind of dump keeps its resources: list, then the way to the resource in each of its items. */
const PLACES: Readonly<
  Record<string, readonly (readonly [list: string, way: string, kind: ResourceKind])[]>
> = {
  ListenersConfigDump: [
    ["static_listeners", "listener", "listeners"],
    ["dynamic_listeners", "active_state.listener", "listeners"],
  ],
  ClustersConfigDump: [
    ["static_clusters", "cluster", "clusters"],
    ["dynamic_active_clusters", "cluster", "clusters"],
  ],
  RoutesConfigDump: [["dynamic_route_configs", "route_config", "routes"]],
  EndpointsConfigDump: [["dynamic_endpoint_configs", "endpoint_config", "endpoints"]],
  SecretsConfigDump: [
    ["static_secrets", "secret", "secrets"],
    ["dynamic_active_secrets", "secret", "secrets"],
  ],
};

/** Parts that say nothing of their own, and why. */
const LEFT: Readonly<Record<string, string>> = {
  BootstrapConfigDump: "the bootstrap stays the node's own; its static resources are in the dump once more",
  "ListenersConfigDump.version_info": "",
  "ClustersConfigDump.version_info": "",
  "RoutesConfigDump.static_route_configs": "they stand inside of the listeners",
  "EndpointsConfigDump.static_endpoint_configs": "they stand inside of the clusters",
  "ClustersConfigDump.dynamic_warming_clusters": "it was not in force yet",
  "SecretsConfigDump.dynamic_warming_secrets": "it was not in force yet",
};

export function isConfigDump(value: unknown): boolean {
  return isMap(value) && Array.isArray(value.configs);
}

/** A running Envoy's `/config_dump` (with `?include_eds` for its endpoints): static and dynamic resources alike. */
export function readConfigDump(file: ImportFile): FoundContent {
  const value = unfoldText(readText(file), file.path);
  const resources: FoundResource[] = [];
  const notes: ImportNote[] = [];
  const configs = isMap(value) && Array.isArray(value.configs) ? value.configs : [];
  configs.forEach((config: unknown, index) => {
    const path = `configs[${index}]`;
    const type = isMap(config)
      ? String(config["@type"] ?? "")
          .split(".")
          .at(-1)
      : undefined;
    if (!isMap(config) || type === undefined || type === "") {
      notes.push({ kind: "not_understood", path, reason: "it has no @type" });
      return;
    }
    const places = PLACES[type];
    if (places === undefined) {
      const reason = LEFT[type];
      notes.push({
        kind: reason === undefined ? "not_understood" : "ignored",
        path: `${path} (${type})`,
        reason: reason ?? "Sluice keeps no resources of this kind",
      });
      return;
    }
    takeDump(config, type, path, places, resources, notes);
  });
  return { resources, notes };
}

function takeDump(
  config: Json,
  type: string,
  path: string,
  places: readonly (readonly [string, string, ResourceKind])[],
  resources: FoundResource[],
  notes: ImportNote[],
): void {
  for (const [key, list] of Object.entries(config)) {
    const place = places.find(([name]) => name === snakeCase(key));
    if (place === undefined) {
      const reason = LEFT[`${type}.${snakeCase(key)}`];
      if (key === "@type" || reason === "") continue;
      const kind = reason === undefined ? "not_understood" : "ignored";
      notes.push({ kind, path: `${path}.${key}`, reason: reason ?? "this part of a dump is not known" });
      continue;
    }
    const [, way, kind] = place;
    (Array.isArray(list) ? list : [list]).forEach((item: unknown, index) => {
      takeItem(item, way, kind, `${path}.${key}[${index}]`, resources, notes);
    });
  }
}

function takeItem(
  item: unknown,
  way: string,
  kind: ResourceKind,
  path: string,
  resources: FoundResource[],
  notes: ImportNote[],
): void {
  const found = way
    .split(".")
    .reduce<unknown>((at, key) => (isMap(at) ? (at[key] ?? at[camelCase(key)]) : undefined), item);
  if (!isMap(found)) {
    notes.push({ kind: "ignored", path, reason: "it was not in force: still warming, or refused" });
    return;
  }
  const { "@type": _, ...resource } = found;
  if (kind === "clusters" && resource.name === CONTROL_CLUSTER) {
    notes.push({ kind: "ignored", path, reason: "every node's bootstrap has it: the control plane itself" });
    return;
  }
  const { value, hidden } = readableSecret(resource);
  if (hidden > 0)
    notes.push({
      kind: "secret_missing",
      path,
      reason: `${kind === "secrets" ? "secret" : kind.slice(0, -1)} '${String(resource.name)}': ${hidden === 1 ? "a value" : `${hidden} values`} must be supplied; a dump does not tell secrets`,
    });
  resources.push({ kind, path, yaml: stringify(value, { lineWidth: 0 }) });
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
