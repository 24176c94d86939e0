import type { FieldEdit } from "../contract.ts";
import { alignItems, fingerprint, type Pairing } from "./align-lists.ts";
import { joinFieldPath } from "./field-path.ts";
import { isMap, itemKeys } from "./item-keys.ts";

/** One place where `ours` differs from `base`. */
export interface MergeStep {
  /** In `theirs`. */
  readonly path: string;
  /** As `diffFields(ours, base)` calls it: items of lists by name, or by their position in `base`, where it has them. */
  readonly shown: string;
  readonly base: unknown;
  readonly ours: unknown;
  readonly theirs: unknown;
  /** Both changed it, to different values: somebody must choose. */
  readonly conflict: boolean;
  /** What makes `theirs` have `ours` here. */
  readonly edits: readonly FieldEdit[];
}

/** Where in `theirs`, and how `MergeStep.shown` calls it. */
type Place = Pick<MergeStep, "path" | "shown">;

/**
 * A three-way merge of JSON messages, field by field: what only we changed goes into theirs, what only they changed stays, and
 * what both changed differently is a conflict. Items of lists are told apart as `diffFields` does. Applied in order (see
 * `mergeEdits`) the steps' edits are right: later steps stand before earlier ones in their list.
 */
export function mergeFields(base: unknown, ours: unknown, theirs: unknown): readonly MergeStep[] {
  const steps: MergeStep[] = [];
  merge({ path: "", shown: "" }, base, ours, theirs, steps);
  return steps;
}

/** The edits that turn theirs into the merge; of conflicts those whose path `takeOurs` says yes to. */
export function mergeEdits(
  steps: readonly MergeStep[],
  takeOurs: (path: string) => boolean = () => false,
): readonly FieldEdit[] {
  return steps.flatMap(({ conflict, path, edits }) => (!conflict || takeOurs(path) ? edits : []));
}

function merge(place: Place, base: unknown, ours: unknown, theirs: unknown, steps: MergeStep[]): void {
  if (same(base, ours) || same(ours, theirs)) return;
  if (isMap(ours) && isMap(theirs) && ours["@type"] === theirs["@type"]) {
    const from = isMap(base) && base["@type"] === ours["@type"] ? base : {};
    for (const key of new Set([...Object.keys(from), ...Object.keys(ours)]))
      merge(memberOf(place, key), from[key], ours[key], theirs[key], steps);
    return;
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const from = Array.isArray(base) ? base : [];
    if (itemKeys(from) && itemKeys(ours) && itemKeys(theirs)) mergeNamed(place, from, ours, theirs, steps);
    else mergeUnnamed(place, from, ours, theirs, steps);
    return;
  }
  const { path } = place;
  const edits: FieldEdit[] = [ours === undefined ? { op: "remove", path } : { op: "set", path, value: ours }];
  steps.push({ ...place, base, ours, theirs, conflict: !same(base, theirs), edits });
}

function memberOf({ path, shown }: Place, key: string): Place {
  return { path: joinFieldPath(path, key), shown: joinFieldPath(shown, key) };
}

function itemOf({ path, shown }: Place, index: number, key: string | number): Place {
  return { path: `${path}[${index}]`, shown: `${shown}[${key}]` };
}

function mergeNamed(
  place: Place,
  base: readonly unknown[],
  ours: readonly unknown[],
  theirs: readonly unknown[],
  steps: MergeStep[],
): void {
  const { path } = place;
  const baseKeys = itemKeys(base) ?? [];
  const ourKeys = itemKeys(ours) ?? [];
  const theirKeys = itemKeys(theirs) ?? [];
  const orderOf = (keys: readonly string[], among: readonly string[]) =>
    keys.filter((key) => among.includes(key));
  const shared = baseKeys.filter((key) => ourKeys.includes(key) && theirKeys.includes(key));
  const ourOrder = orderOf(ourKeys, shared);
  if (!same(ourOrder, shared) && !same(ourOrder, orderOf(theirKeys, shared))) {
    // The order is ours to change as a whole; single items could not be told to go before or behind others.
    const edits: FieldEdit[] = [{ op: "set", path, value: ours }];
    steps.push({ ...place, base, ours, theirs, conflict: !same(base, theirs), edits });
    return;
  }
  // From the end to the front, so that each edit's position is still right when its turn comes.
  for (let index = theirKeys.length; index >= 0; index--) {
    const anchor = theirKeys[index - 1];
    for (const key of newBehind(anchor, ourKeys, baseKeys, theirKeys).toReversed()) {
      const value = ours[ourKeys.indexOf(key)];
      const edits: FieldEdit[] = [{ op: "insert", path, index, value }];
      const before = base[baseKeys.indexOf(key)];
      // They removed what we changed.
      const conflict = baseKeys.includes(key);
      if (conflict && same(before, value)) continue;
      steps.push({
        ...itemOf(place, index, key),
        base: before,
        ours: value,
        theirs: undefined,
        conflict,
        edits,
      });
    }
    if (anchor === undefined) continue;
    const at = index - 1;
    const item = itemOf(place, at, anchor);
    const [before, our, their] = [base[baseKeys.indexOf(anchor)], ours[ourKeys.indexOf(anchor)], theirs[at]];
    if (our !== undefined) merge(item, before, our, their, steps);
    else if (before !== undefined) {
      const edits: FieldEdit[] = [{ op: "remove", path: item.path }];
      steps.push({
        ...item,
        base: before,
        ours: undefined,
        theirs: their,
        conflict: !same(before, their),
        edits,
      });
    }
  }
}

/** Items that only we have and that stand behind `anchor` (undefined: at the front), up to the next that they have too. */
function newBehind(
  anchor: string | undefined,
  ours: readonly string[],
  base: readonly string[],
  theirs: readonly string[],
): readonly string[] {
  // An item of theirs alone is no place that we know.
  if (anchor !== undefined && !ours.includes(anchor)) return [];
  const found: string[] = [];
  for (const key of ours.slice(anchor === undefined ? 0 : ours.indexOf(anchor) + 1)) {
    if (theirs.includes(key)) break;
    if (!base.includes(key) || !theirs.includes(key)) found.push(key);
  }
  return found;
}

/** As diff3 does it: items that all three have are fixed points, and what is between two of them is merged as one. */
function mergeUnnamed(
  place: Place,
  base: readonly unknown[],
  ours: readonly unknown[],
  theirs: readonly unknown[],
  steps: MergeStep[],
): void {
  const ourAt = equalAt(base, ours);
  const theirAt = equalAt(base, theirs);
  const points = base.flatMap((_, index) => {
    const [our, their] = [ourAt.get(index), theirAt.get(index)];
    return our === undefined || their === undefined ? [] : [[index, our, their] as const];
  });
  const ends = [...points, [base.length, ours.length, theirs.length] as const];
  for (let point = ends.length - 1; point >= 0; point--) {
    const [b, o, t] = ends[point] ?? [0, 0, 0];
    const [b0, o0, t0] = (ends[point - 1] ?? [-1, -1, -1]).map((at) => at + 1) as [number, number, number];
    const chunk = { base: base.slice(b0, b), ours: ours.slice(o0, o), theirs: theirs.slice(t0, t) };
    mergeChunk({ ...chunk, place, at: t0, baseAt: b0, ourAt: o0 }, steps);
  }
}

/** Positions of the items that are equal in both, by that in `before`. */
function equalAt(before: readonly unknown[], after: readonly unknown[]): ReadonlyMap<number, number> {
  return new Map(
    alignItems(before, after).flatMap(([from, to]) =>
      from !== undefined && to !== undefined && same(before[from], after[to]) ? [[from, to] as const] : [],
    ),
  );
}

/** A part of three lists, and where it begins in each. */
interface Chunk {
  readonly place: Place;
  /** In `theirs`. */
  readonly at: number;
  readonly baseAt: number;
  readonly ourAt: number;
  readonly base: readonly unknown[];
  readonly ours: readonly unknown[];
  readonly theirs: readonly unknown[];
}

function mergeChunk(chunk: Chunk, steps: MergeStep[]): void {
  const { place, at, base, ours, theirs } = chunk;
  const { path } = place;
  if (same(base, ours) || same(ours, theirs)) return;
  const ourPairs = alignItems(base, ours);
  const theirPairs = alignItems(base, theirs);
  // Where one side only changed items, those of the other are found by it; where both put in or took out, nobody can tell.
  if (isOneToOne(theirPairs) || isOneToOne(ourPairs)) {
    mergeItems({ ...chunk, ourPairs, theirPairs }, steps);
    return;
  }
  const edits: FieldEdit[] = [
    ...theirs.map(
      (_, index): FieldEdit => ({ op: "remove", path: `${path}[${at + theirs.length - 1 - index}]` }),
    ),
    ...ours.map((value, index): FieldEdit => ({ op: "insert", path, index: at + index, value })),
  ];
  const only = (items: readonly unknown[]) =>
    items.length === 0 ? undefined : items.length === 1 ? items[0] : items;
  steps.push({
    ...itemOf(place, at, chunk.baseAt),
    base: only(base),
    ours: only(ours),
    theirs: only(theirs),
    conflict: !same(base, theirs),
    edits,
  });
}

interface Items extends Chunk {
  readonly ourPairs: readonly Pairing[];
  readonly theirPairs: readonly Pairing[];
}

function mergeItems(items: Items, steps: MergeStep[]): void {
  const { place, at, baseAt, ourAt, base, ours, theirs, ourPairs, theirPairs } = items;
  const { path } = place;
  const theirOf = new Map(theirPairs.map(([from, to]) => [from, to]));
  /** Behind theirs of the items before `from`. */
  const placeOf = (from: number): number => {
    for (let index = from - 1; index >= 0; index--) {
      const to = theirOf.get(index);
      if (to !== undefined) return at + to + 1;
    }
    return at;
  };
  let behind = base.length;
  for (const [from, to] of ourPairs.toReversed()) {
    const our = to === undefined ? undefined : ours[to];
    if (from === undefined) {
      const index = placeOf(behind);
      const edits: FieldEdit[] = [{ op: "insert", path, index, value: our }];
      const item = itemOf(place, index, ourAt + (to ?? 0));
      steps.push({ ...item, base: undefined, ours: our, theirs: undefined, conflict: false, edits });
      continue;
    }
    behind = from;
    const their = theirOf.get(from);
    const before = base[from];
    const item = itemOf(place, their === undefined ? placeOf(from) : at + their, baseAt + from);
    if (to !== undefined && their !== undefined) merge(item, before, our, theirs[their], steps);
    else if (to === undefined && their !== undefined) {
      const conflict = !same(before, theirs[their]);
      const edits: FieldEdit[] = [{ op: "remove", path: item.path }];
      steps.push({ ...item, base: before, ours: undefined, theirs: theirs[their], conflict, edits });
    } else if (to !== undefined && !same(before, our)) {
      // They removed what we changed.
      const edits: FieldEdit[] = [{ op: "insert", path, index: placeOf(from), value: our }];
      steps.push({ ...item, base: before, ours: our, theirs: undefined, conflict: true, edits });
    }
  }
}

function isOneToOne(pairs: readonly Pairing[]): boolean {
  return pairs.every(([from, to]) => from !== undefined && to !== undefined);
}

function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || fingerprint(a) === fingerprint(b);
}
