import type { Span } from "@sluice/telemetry";

/** The cluster that a proxy's span names; undefined when it names none. Envoy's tracer says `upstream_cluster.name` too. */
export function clusterOfSpan(span: Span): string | undefined {
  for (const key of ["upstream_cluster", "upstream_cluster.name"]) {
    const value = span.attributes[key];
    if (typeof value === "string" && value !== "" && value !== "-") return value;
  }
  return undefined;
}
