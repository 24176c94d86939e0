import type { ResourceKind } from "./contract.ts";

/** The same of each kind of resource. */
export function byKind<T>(of: (kind: ResourceKind) => T): Readonly<Record<ResourceKind, T>> {
  return {
    listeners: of("listeners"),
    routes: of("routes"),
    clusters: of("clusters"),
    endpoints: of("endpoints"),
    secrets: of("secrets"),
  };
}
