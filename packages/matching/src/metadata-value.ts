/** The value under `keys` in JSON-like metadata; `undefined` when there is none. */
export function metadataValue(
  metadata: Readonly<Record<string, unknown>> | undefined,
  keys: readonly string[],
): unknown {
  let value: unknown = metadata;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? "";
    value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
