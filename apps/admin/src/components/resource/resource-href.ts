import type { ResourceRef } from "./config-types.ts";

/** The page of a resource, at a field when `path` is given. */
export function resourceHref({ kind, name }: ResourceRef, path?: string): string {
  const query = path ? `?at=${encodeURIComponent(path)}` : "";
  return `/${kind}/${encodeURIComponent(name)}${query}`;
}
