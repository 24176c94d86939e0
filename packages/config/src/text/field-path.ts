/** A field name or map key, or a position in a list. */
export type PathStep = string | number;

/**
 * Reads a field path: `a.b[0].c`, map keys with other characters as `[key]` or `["key"]`. Throws a RangeError on anything else.
 */
export function parseFieldPath(path: string): readonly PathStep[] {
  const steps: PathStep[] = [];
  const pattern = /(?:^|\.)([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[([^\]"]+)\]/y;
  while (pattern.lastIndex < path.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(path);
    if (match === null) throw new RangeError(`'${path}' is no field path (at character ${at + 1})`);
    if (match[1] !== undefined) steps.push(match[1]);
    else if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(match[4] ?? unescapeKey(match[3] ?? ""));
  }
  return steps;
}

/** `path` and one step more. */
export function joinFieldPath(path: string, step: PathStep): string {
  if (typeof step === "number") return `${path}[${step}]`;
  if (!/^[\w@-]+$/.test(step)) return `${path}[${step}]`;
  return path === "" ? step : `${path}.${step}`;
}

/** `routeConfig` → `route_config`: Envoy reads both spellings. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function unescapeKey(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
