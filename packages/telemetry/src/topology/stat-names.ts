/**
 * The `stat_prefix` that the control plane gives a route without one: its name, else `r` and its position in the virtual
 * host. Envoy's stat names allow no `:`, and a dot would make a level of its own.
 */
export function routeStatPrefix(name: string, index: number): string {
  const clean = name.replace(/[^A-Za-z0-9_-]+/g, "_");
  return clean === "" || clean === "_" ? `r${index}` : clean;
}

/** A name as Envoy writes it into stat names: `:` separates nothing there, so it becomes `_`. */
export function envoyStatName(name: string): string {
  return name.replaceAll(":", "_");
}
