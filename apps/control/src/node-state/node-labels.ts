import type { NodeIdentity } from "@sluice/xds";

/**
 * A node's labels: those of its certificate where it came with one, since what it says of itself could put it into a group that
 * is not its own; else what it tells in `metadata.sluice.labels` of its bootstrap.
 */
export function labelsOfNode({
  metadata,
  authenticated,
}: Pick<NodeIdentity, "metadata" | "authenticated">): Readonly<Record<string, string>> {
  if (authenticated !== undefined) return authenticated.labels;
  const { sluice } = metadata;
  if (typeof sluice !== "object" || sluice === null || !("labels" in sluice)) return {};
  if (typeof sluice.labels !== "object" || sluice.labels === null) return {};
  return Object.fromEntries(Object.entries(sluice.labels).map(([key, value]) => [key, String(value)]));
}
