import { isMap, itemKeys } from "./item-keys.ts";

/** Positions of one item in the earlier and the later list; undefined where it is not. */
export type Pairing = readonly [before: number | undefined, after: number | undefined];

/** Beyond this many cells the table of common subsequences is not built: what is left is paired by position. */
const CELLS_MAX = 1_000_000;

/**
 * Which items of two lists are the same ones. By name (or address) where every item has its own, else as `alignItems`. In the order
 * of the later list, removed items where they were.
 */
export function alignLists(before: readonly unknown[], after: readonly unknown[]): readonly Pairing[] {
  const beforeKeys = itemKeys(before);
  const afterKeys = itemKeys(after);
  if (beforeKeys === undefined || afterKeys === undefined) return alignItems(before, after);
  const beforeAt = new Map(beforeKeys.map((key, index) => [key, index]));
  const kept = new Set(afterKeys);
  const removed = beforeKeys.flatMap((key, index): Pairing[] => (kept.has(key) ? [] : [[index, undefined]]));
  return [...afterKeys.map((key, index): Pairing => [beforeAt.get(key), index]), ...removed];
}

/**
 * Of lists without names: equal items are the same and keep their order; of what stands between two of them, those that match the
 * same (a route's `match`) are; the rest is paired by position. So an item put in at the front moves the others and changes none.
 */
export function alignItems(before: readonly unknown[], after: readonly unknown[]): readonly Pairing[] {
  // Most of most lists stays: only what is between the equal ends is worth a fingerprint.
  let [i, iEnd, jEnd] = [0, before.length, after.length];
  while (i < iEnd && i < jEnd && isSame(before[i], after[i])) i++;
  while (iEnd > i && jEnd > i && isSame(before[iEnd - 1], after[jEnd - 1])) {
    iEnd--;
    jEnd--;
  }
  const [old, fresh] = [before.slice(i, iEnd), after.slice(i, jEnd)];
  const levels = [fingerprint, identity].map((print) => [old.map(print), fresh.map(print)] as const);
  const head = Array.from({ length: i }, (_, at): Pairing => [at, at]);
  const tail = Array.from({ length: before.length - iEnd }, (_, at): Pairing => [iEnd + at, jEnd + at]);
  const middle = align(levels, 0, { i: 0, iEnd: old.length, j: 0, jEnd: fresh.length });
  const moved = (at: number | undefined): number | undefined => (at === undefined ? undefined : at + i);
  return [...head, ...middle.map(([x, y]): Pairing => [moved(x), moved(y)]), ...tail];
}

/** Whether two JSON values are equal, whatever the order of their keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key], b[key]));
}

interface Range {
  readonly i: number;
  readonly iEnd: number;
  readonly j: number;
  readonly jEnd: number;
}
type Levels = readonly (readonly [before: readonly string[], after: readonly string[]])[];

function align(levels: Levels, level: number, range: Range): readonly Pairing[] {
  const prints = levels[level];
  if (prints === undefined) return byPosition(range);
  const [before, after] = prints;
  const pairs: Pairing[] = [];
  let { i, j } = range;
  for (const [x, y] of [...commonItems(before, after, range), [range.iEnd, range.jEnd] as const]) {
    if (i < x || j < y) pairs.push(...align(levels, level + 1, { i, iEnd: x, j, jEnd: y }));
    if (x < range.iEnd && y < range.jEnd) pairs.push([x, y]);
    i = x + 1;
    j = y + 1;
  }
  return pairs;
}

function byPosition({ i, iEnd, j, jEnd }: Range): Pairing[] {
  const pairs: Pairing[] = [];
  for (let at = 0; at < Math.max(iEnd - i, jEnd - j); at++)
    pairs.push([i + at < iEnd ? i + at : undefined, j + at < jEnd ? j + at : undefined]);
  return pairs;
}

/** Positions of a longest common subsequence, ascending; equal ends are taken first, which is most of most lists. */
function commonItems(
  a: readonly string[],
  b: readonly string[],
  { i, iEnd, j, jEnd }: Range,
): readonly (readonly [number, number])[] {
  const head: [number, number][] = [];
  while (i < iEnd && j < jEnd && a[i] === b[j]) head.push([i++, j++]);
  const tail: [number, number][] = [];
  while (i < iEnd && j < jEnd && a[iEnd - 1] === b[jEnd - 1]) tail.push([--iEnd, --jEnd]);
  const width = jEnd - j + 1;
  const height = iEnd - i + 1;
  const middle: [number, number][] = [];
  if (width > 1 && height > 1 && width * height <= CELLS_MAX) {
    const lengths = new Uint32Array(width * height);
    const at = (x: number, y: number) => lengths[x * width + y] ?? 0;
    for (let x = height - 2; x >= 0; x--)
      for (let y = width - 2; y >= 0; y--)
        lengths[x * width + y] =
          a[i + x] === b[j + y] ? at(x + 1, y + 1) + 1 : Math.max(at(x + 1, y), at(x, y + 1));
    for (let x = 0, y = 0; x < height - 1 && y < width - 1; ) {
      if (a[i + x] === b[j + y]) middle.push([i + x++, j + y++]);
      else if (at(x + 1, y) >= at(x, y + 1)) x++;
      else y++;
    }
  }
  return [...head, ...middle, ...tail.reverse()];
}

/** Equal for equal values, whatever the order of their keys. */
export function fingerprint(value: unknown): string {
  return (
    JSON.stringify(value, (_key, item: unknown) =>
      isMap(item) ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1))) : item,
    ) ?? ""
  );
}

/** What an item without a name is known by, as Envoy's messages have it; the item itself where it has nothing of that kind. */
function identity(value: unknown): string {
  if (!isMap(value)) return fingerprint(value);
  for (const key of ["name", "match", "filter_chain_match", "predicate", "key", "header"])
    if (value[key] !== undefined) return fingerprint([key, value[key]]);
  return fingerprint(value);
}
