import type { TaggedName } from "./extract-tags.ts";
import { hasCounted } from "./slot-pages.ts";
import type { StatsSettings } from "./stats-settings.ts";
import type { StatKind } from "./thread-stats.ts";

/** Where one thread keeps a stat. */
export interface Source {
  readonly worker: number;
  readonly id: number;
  /** Undefined: a histogram that is empty. */
  slots: Float64Array | Uint32Array | undefined;
  readonly index: number;
}

const NOTHING = new Float64Array(1);
export const countOf = ({ slots, index }: Source): number => (slots ?? NOTHING)[index] ?? 0;

/** One stat over all threads. */
export class Stat {
  readonly name: string;
  readonly kind: StatKind;
  sources: Source[] = [];
  /** Counters: what threads had counted that ended or gave it up. */
  carried = 0;
  /** What `/reset_counters` took away. */
  baseline = 0;
  /** Counters: value at the last flush. */
  flushed = 0;
  everUsed = false;
  /** Histograms: totals, and those of the last whole interval. */
  bins: Float64Array | undefined;
  interval: Float64Array | undefined;
  seen: Map<Source, Uint32Array> | undefined;
  /** A `stats_matcher` wants it. */
  wanted: boolean;
  readonly #settings: StatsSettings;
  #tagged: TaggedName | undefined;
  #bounds: readonly number[] | undefined;

  constructor(name: string, kind: StatKind, settings: StatsSettings, wanted = settings.accepts(name)) {
    this.name = name;
    this.kind = kind;
    this.#settings = settings;
    this.wanted = wanted;
  }

  get tagged(): TaggedName {
    this.#tagged ??= this.#settings.tag(this.name);
    return this.#tagged;
  }

  get bounds(): readonly number[] {
    this.#bounds ??= this.#settings.bounds(this.name);
    return this.#bounds;
  }

  raw(): number {
    let sum = this.carried;
    for (const source of this.sources) sum += countOf(source);
    return sum;
  }

  /** Something was written, if only a 0. */
  hasCounted(): boolean {
    return this.sources.some((source) => hasCounted(countOf(source)));
  }

  value(): number {
    return this.raw() - this.baseline;
  }
}

export function findSource(stat: Stat, worker: number, id: number): Source | undefined {
  return stat.sources.find((source) => source.id === id && source.worker === worker);
}
