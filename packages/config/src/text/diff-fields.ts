import type { FieldDiff } from "../contract.ts";
import { joinFieldPath } from "./field-path.ts";

type JsonMap = Readonly<Record<string, unknown>>;

/**
 * What differs between two JSON values. List items that have a name (or, for endpoints, an address) are paired by it,
 * others by position; one entry per deepest field that differs. A changed order of paired items is one entry for the list,
 * with the names in order. Pure: runs in the browser too.
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
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      compare(`${path}[${index}]`, before[index], after[index], found);
    }
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

/** What items are paired by; undefined when one has nothing or two have the same. An empty list pairs with anything. */
function itemKeys(items: readonly unknown[]): readonly string[] | undefined {
  const keys: string[] = [];
  for (const item of items) {
    const key = itemKey(item);
    if (key === undefined || keys.includes(key)) return undefined;
    keys.push(key);
  }
  return keys;
}

function itemKey(item: unknown): string | undefined {
  if (!isMap(item)) return undefined;
  const name = item.name;
  if (typeof name === "string" && name !== "") return name;
  const endpoint = isMap(item.endpoint) ? item.endpoint : undefined;
  const address = endpoint !== undefined && isMap(endpoint.address) ? endpoint.address : undefined;
  const socket = address !== undefined && isMap(address.socket_address) ? address.socket_address : undefined;
  return socket === undefined ? undefined : `${String(socket.address)}:${String(socket.port_value)}`;
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
