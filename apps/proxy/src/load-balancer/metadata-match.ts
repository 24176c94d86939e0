/** What a host's `envoy.lb` metadata must have: sorted by name, each name once. */
export type MetadataMatch = readonly MetadataCriterion[];

export interface MetadataCriterion {
  readonly name: string;
  readonly value: unknown;
  /** Equal values have equal texts. */
  readonly key: string;
}

/** From the `envoy.lb` part of a route's `metadata_match` (a Struct as JSON); undefined when there is none. */
export function metadataMatchOf(
  fields: Readonly<Record<string, unknown>> | undefined,
): MetadataMatch | undefined {
  const names = Object.keys(fields ?? {});
  if (fields === undefined || names.length === 0) return undefined;
  return names.sort(byCodeUnits).map((name) => criterionOf(name, fields[name]));
}

/** `base` with the fields of `more` added and replaced: a request's own metadata over its route's. */
export function mergeMetadataMatch(
  base: MetadataMatch | undefined,
  more: Readonly<Record<string, unknown>> | undefined,
): MetadataMatch | undefined {
  if (more === undefined) return base;
  const merged: Record<string, unknown> = {};
  for (const { name, value } of base ?? []) merged[name] = value;
  return metadataMatchOf(Object.assign(merged, more));
}

export function criterionOf(name: string, value: unknown): MetadataCriterion {
  return { name, value, key: valueKey(value) };
}

/** A text that is the same for equal values: members of objects sorted. */
export function valueKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueKey).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => byCodeUnits(a, b));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${valueKey(member)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
