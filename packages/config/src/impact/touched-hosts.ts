import { parse } from "yaml";
import type { ResourceDiff } from "../contract.ts";
import { isMap } from "../text/item-keys.ts";
import type { Touched } from "./draft-impact.ts";

/** The virtual hosts that a difference speaks of, in route configurations and inline in listeners; by name. */
export function touchedHosts(diffs: readonly ResourceDiff[]): readonly Touched[] {
  const found = new Map<string, Touched>();
  for (const { kind, name, fields, change, beforeYaml, afterYaml } of diffs) {
    const names =
      change === "modified"
        ? fields.flatMap(({ path }) => hostIn(path) ?? [])
        : kind === "routes" || kind === "listeners"
          ? hostsOf(parse(afterYaml ?? beforeYaml ?? "", { logLevel: "silent" }))
          : [];
    for (const host of names) {
      const by = [
        ...(found.get(host)?.by ?? []).filter((ref) => ref.name !== name || ref.kind !== kind),
        { kind, name },
      ];
      found.set(host, { name: host, how: "changed", by });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
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
