import type { NodeIdentity } from "@sluice/xds";

/** What the node tells of itself: `metadata.sluice.labels` of its bootstrap. */
export function labelsOfNode({ metadata }: Pick<NodeIdentity, "metadata">): Readonly<Record<string, string>> {
  const { sluice } = metadata;
  if (typeof sluice !== "object" || sluice === null || !("labels" in sluice)) return {};
  if (typeof sluice.labels !== "object" || sluice.labels === null) return {};
  return Object.fromEntries(Object.entries(sluice.labels).map(([key, value]) => [key, String(value)]));
}
