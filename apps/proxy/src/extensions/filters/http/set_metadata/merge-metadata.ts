type Fields = Readonly<Record<string, unknown>>;

/**
 * What is there, with `added` laid over it: objects are merged, lists are joined, anything else is replaced (Envoy's rule of the
 * set_metadata filter).
 */
export function mergeMetadata(present: Fields, added: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = { ...present };
  for (const [key, value] of Object.entries(added)) {
    const old = result[key];
    if (Array.isArray(old) && Array.isArray(value)) result[key] = [...old, ...value];
    else if (isFields(old) && isFields(value)) result[key] = mergeMetadata(old, value);
    else result[key] = value;
  }
  return result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
