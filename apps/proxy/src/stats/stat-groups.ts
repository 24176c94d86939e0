import type { DeclaredStat } from "./recording-scope.ts";
import type { Stat } from "./stat.ts";
import type { StatKind } from "./thread-stats.ts";

/** Stats below each of `prefixes` that are listed also while no thread keeps them. */
export interface Declaration {
  readonly prefixes: () => Iterable<string>;
  readonly stats: readonly DeclaredStat[];
}

/** A stat of a list, or the name and kind of one that was only declared. */
export type Listed = Stat | UnusedStat;

export class UnusedStat {
  readonly name: string;
  readonly kind: StatKind;

  constructor(name: string, kind: StatKind) {
    this.name = name;
    this.kind = kind;
  }
}

interface Group {
  readonly stats: Stat[];
  sorted: boolean;
}

interface DeclaredIn {
  readonly prefix: string;
  /** By name. */
  readonly stats: readonly DeclaredStat[];
}

/**
 * All stats in the order of their names. Names with the same first two parts (`cluster.<name>.`) stand together, so only groups
 * need to be sorted and not the hundred stats of each of thousands of clusters.
 */
export class StatGroups {
  readonly #groups = new Map<string, Group>();

  add(stat: Stat): void {
    const key = groupKey(stat.name);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { stats: [stat], sorted: true });
    else {
      group.stats.push(stat);
      group.sorted = false;
    }
  }

  remove(stat: Stat): void {
    const key = groupKey(stat.name);
    const group = this.#groups.get(key);
    const index = group?.stats.indexOf(stat) ?? -1;
    if (group === undefined || index < 0) return;
    group.stats.splice(index, 1);
    if (group.stats.length === 0) this.#groups.delete(key);
  }

  /** Those whose name begins with `prefix`, of two parts at least. */
  below(prefix: string): readonly Stat[] {
    const stats = this.#groups.get(groupKey(prefix))?.stats ?? [];
    return stats.filter(({ name }) => name.startsWith(prefix));
  }

  /** Group after group; what is added meanwhile may be missed. */
  *list(
    declarations: readonly Declaration[],
    wanted: (kind: StatKind) => boolean,
  ): Iterable<readonly Listed[]> {
    const declared = declaredByGroup(declarations, wanted);
    const keys = new Set([...this.#groups.keys(), ...declared.keys()]);
    for (const key of [...keys].sort()) {
      const group = this.#groups.get(key);
      if (group?.sorted === false) {
        group.stats.sort(byName);
        group.sorted = true;
      }
      const stats = (group?.stats ?? []).filter(({ kind }) => wanted(kind));
      const [first, ...others] = declared.get(key) ?? [];
      if (first === undefined) yield stats;
      else if (others.length === 0) yield merge(stats, first);
      else yield others.reduce((list, each) => merge(list, each), merge(stats, first));
    }
  }
}

export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/** A name's first two parts with their dots, or all of it. */
export function groupKey(name: string): string {
  const second = name.indexOf(".", name.indexOf(".") + 1);
  return second < 0 ? name : name.slice(0, second + 1);
}

function declaredByGroup(
  declarations: readonly Declaration[],
  wanted: (kind: StatKind) => boolean,
): ReadonlyMap<string, readonly DeclaredIn[]> {
  const out = new Map<string, DeclaredIn[]>();
  for (const declaration of declarations) {
    const stats = declaration.stats.filter(({ kind }) => wanted(kind)).sort(byName);
    for (const prefix of declaration.prefixes()) {
      const key = groupKey(prefix);
      const known = out.get(key);
      if (known === undefined) out.set(key, [{ prefix, stats }]);
      // Two clusters may count under one name.
      else if (known.every((each) => each.prefix !== prefix || each.stats !== stats))
        known.push({ prefix, stats });
    }
  }
  return out;
}

/** Both are sorted. */
function merge(list: readonly Listed[], { prefix, stats }: DeclaredIn): readonly Listed[] {
  const out: Listed[] = [];
  let at = 0;
  for (const { name: below, kind } of stats) {
    const name = prefix + below;
    let next = list[at];
    while (next !== undefined && next.name < name) {
      out.push(next);
      next = list[++at];
    }
    if (next?.name === name) {
      out.push(next);
      at++;
    } else out.push(new UnusedStat(name, kind));
  }
  for (; at < list.length; at++) {
    const rest = list[at];
    if (rest !== undefined) out.push(rest);
  }
  return out;
}
