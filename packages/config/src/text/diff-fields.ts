import type { FieldDiff } from "../contract.ts";
import { alignLists } from "./align-lists.ts";
import { joinFieldPath } from "./field-path.ts";
import { isMap, itemKeys } from "./item-keys.ts";

/**
 * What differs between two JSON values. List items that have a name (or, for endpoints, an address) are paired by it, others
 * by equality, then by what they match, then by position; one entry per deepest field that differs. A changed order of named items is one entry for
 * the list, with the names in order. Positions are those in `after`, of removed items those in `before`. Pure: runs in the
 * browser too.
 */
export function diffFields(before: unknown, after: unknown): readonly FieldDiff[] {
  const found: FieldDiff[] = [];
  compare("", before, after, found);
  return found;
}

function compare(path: string, before: unknown, after: unknown, found: FieldDiff[]): void {
  if (Object.is(before, after)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(path, before, after, found);
  } else if (isMap(before) && isMap(after) && before["@type"] === after["@type"]) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(joinFieldPath(path, key), before[key], after[key], found);
    }
  } else {
    found.push({ path, before, after });
  }
}

function compareLists(
  path: string,
  before: readonly unknown[],
  after: readonly unknown[],
  found: FieldDiff[],
): void {
  const beforeKeys = itemKeys(before);
  const afterKeys = itemKeys(after);
  if (beforeKeys === undefined || afterKeys === undefined) {
    for (const [from, to] of alignLists(before, after))
      compare(
        `${path}[${to ?? from}]`,
        from === undefined ? undefined : before[from],
        to === undefined ? undefined : after[to],
        found,
      );
    return;
  }
  const kept = beforeKeys.filter((key) => afterKeys.includes(key));
  const keptAfter = afterKeys.filter((key) => beforeKeys.includes(key));
  if (kept.some((key, index) => keptAfter[index] !== key)) {
    found.push({ path, before: beforeKeys, after: afterKeys });
  }
  for (const key of new Set([...beforeKeys, ...afterKeys])) {
    compare(`${path}[${key}]`, before[beforeKeys.indexOf(key)], after[afterKeys.indexOf(key)], found);
  }
}
