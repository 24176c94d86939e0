/** Follows a field path (`a.b[0].c`); fields may be spelled in snake_case or camelCase, as Envoy reads them. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = fieldOf(value, name);
    else value = asList(value)[Number(index)];
    if (value === undefined || value === null) return undefined;
  }
  return value;
}

export function listAt(root: unknown, path: string): readonly unknown[] {
  return asList(valueAt(root, path));
}

/** Scalars as text; "" for what is not there. */
export function textAt(root: unknown, path: string): string {
  const value = valueAt(root, path);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

export function has(root: unknown, path: string): boolean {
  return valueAt(root, path) !== undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (name in value) return (value as Record<string, unknown>)[name];
  const camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return (value as Record<string, unknown>)[camel];
}

/** Envoy reads a single value as a list of one. */
function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
