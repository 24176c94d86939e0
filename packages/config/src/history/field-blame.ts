import { alignLists, fingerprint } from "../text/align-lists.ts";
import { joinFieldPath } from "../text/field-path.ts";
import { isMap } from "../text/item-keys.ts";

/**
 * Which version each part of a resource is from: the version of all of it, and below it the parts that are from another one.
 * `parts` go by field name or position; small where few changes were made, whatever the resource's size.
 */
export interface FieldBlame {
  readonly version: number;
  readonly parts?: Readonly<Record<string, FieldBlame>>;
}

/** The blame of `after`, which `version` made out of `before`. What is equal keeps its version, also where it has moved. */
export function carryBlame(before: unknown, after: unknown, blame: FieldBlame, version: number): FieldBlame {
  if (before === undefined || after === undefined) return { version };
  if (Array.isArray(before) && Array.isArray(after)) {
    const parts: Record<string, FieldBlame> = {};
    for (const [from, to] of alignLists(before, after)) {
      if (to === undefined) continue;
      parts[to] =
        from === undefined
          ? { version }
          : carryBlame(before[from], after[to], blame.parts?.[from] ?? { version: blame.version }, version);
    }
    return folded(blame.version, parts);
  }
  if (isMap(before) && isMap(after) && before["@type"] === after["@type"]) {
    const parts: Record<string, FieldBlame> = {};
    for (const key of Object.keys(after)) {
      const part = blame.parts?.[key] ?? { version: blame.version };
      parts[key] = carryBlame(before[key], after[key], part, version);
    }
    return folded(blame.version, parts);
  }
  return fingerprint(before) === fingerprint(after) ? blame : { version };
}

function folded(version: number, parts: Readonly<Record<string, FieldBlame>>): FieldBlame {
  const other = Object.entries(parts).filter(
    ([, part]) => part.version !== version || part.parts !== undefined,
  );
  return other.length === 0 ? { version } : { version, parts: Object.fromEntries(other) };
}

export interface BlamedLeaf {
  /** With positions: `virtual_hosts[0].routes[2].route.timeout`. */
  readonly path: string;
  readonly value: unknown;
  readonly version: number;
}

/** Each field that holds a plain value or an empty list or map, in order. */
export function blamedLeaves(json: unknown, blame: FieldBlame): readonly BlamedLeaf[] {
  const found: BlamedLeaf[] = [];
  collect("", json, blame, found);
  return found;
}

function collect(path: string, value: unknown, blame: FieldBlame, found: BlamedLeaf[]): void {
  const entries: (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : isMap(value)
      ? Object.entries(value)
      : [];
  if (entries.length === 0) found.push({ path, value, version: blame.version });
  for (const [step, item] of entries)
    collect(joinFieldPath(path, step), item, blame.parts?.[step] ?? { version: blame.version }, found);
}
