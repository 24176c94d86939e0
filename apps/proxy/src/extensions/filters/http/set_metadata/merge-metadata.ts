type Fields = Readonly<Record<string, unknown>>;

/**
 * What is there, with `added` laid over it: objects are merged, lists are joined, values of one type are replaced; where the
 * types differ the old value stays (Envoy's rule of the set_metadata filter).
 */
export function mergeMetadata(present: Fields, added: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = { ...present };
  for (const [key, value] of Object.entries(added)) {
    const old = result[key];
    if (old === undefined) result[key] = value;
    else if (kindOf(old) !== kindOf(value)) continue;
    else if (Array.isArray(old) && Array.isArray(value)) result[key] = [...old, ...value];
    else if (isFields(old) && isFields(value)) result[key] = mergeMetadata(old, value);
    else result[key] = value;
  }
  return result;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function isFields(value: unknown): value is Fields {
  return kindOf(value) === "object";
}
