import type { StatsScope } from "@sluice/extension-api";
import type { TaggedName } from "./extract-tags.ts";
import { HISTOGRAM_BINS, type HistogramView, histogramView } from "./log-linear-histogram.ts";
import type { DeclaredStat } from "./recording-scope.ts";
import { DEFAULT_STATS_SETTINGS, type StatsSettings } from "./stats-settings.ts";
import { type StatDefinition, type StatKind, ThreadStats } from "./thread-stats.ts";

/** The main thread's own slots count as this worker. */
const MAIN_THREAD = -1;

interface Source {
  readonly worker: number;
  readonly slots: Float64Array | Uint32Array;
  readonly index: number;
}

/** One stat over all threads. */
class Stat {
  readonly name: string;
  readonly kind: StatKind;
  sources: Source[] = [];
  /** Counters: what ended workers had counted. */
  carried = 0;
  /** What `/reset_counters` and a removal took away. */
  baseline = 0;
  /** Counters: value at the last flush. */
  flushed = 0;
  everUsed = false;
  hidden = false;
  /** Histograms: totals, and those of the last whole interval. */
  bins: Float64Array | undefined;
  interval: Float64Array | undefined;
  seen: Map<Source, Uint32Array> | undefined;
  /** `stats_matcher` wants it. */
  readonly wanted: boolean;
  readonly #settings: StatsSettings;
  #tagged: TaggedName | undefined;
  #bounds: readonly number[] | undefined;

  constructor(name: string, kind: StatKind, settings: StatsSettings) {
    this.name = name;
    this.kind = kind;
    this.#settings = settings;
    this.wanted = settings.accepts(name);
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
    for (const source of this.sources) sum += source.slots[source.index] ?? 0;
    return sum;
  }

  value(): number {
    return this.raw() - this.baseline;
  }
}

export interface ScalarReading {
  readonly name: string;
  readonly tagged: TaggedName;
  readonly kind: "counter" | "gauge";
  readonly value: number;
  /** Counters: since the last flush. */
  readonly delta: number;
  readonly used: boolean;
}

/** A reading that another room supplies; deltas are worked out here. */
export type ExtraReading = Omit<ScalarReading, "delta" | "used">;

export interface HistogramReading {
  readonly name: string;
  readonly tagged: TaggedName;
  /** Upper bounds of its buckets. */
  readonly bounds: readonly number[];
  readonly cumulative: HistogramView;
  /** Of the last whole flush interval. */
  readonly interval: HistogramView;
  readonly used: boolean;
}

/** All stats of the process, on the main thread: sums of what the threads keep. */
export class StatsRegistry {
  readonly #stats = new Map<string, Stat>();
  readonly #texts = new Map<string, string>();
  readonly #own: ThreadStats;
  readonly #refreshers = new Set<() => void>();
  readonly #extra = new Set<(visit: (reading: ExtraReading) => void) => void>();
  readonly #extraFlushed = new Map<string, number>();
  readonly #hidden = new Set<string>();
  readonly #declared: {
    readonly prefixes: () => Iterable<string>;
    readonly stats: readonly DeclaredStat[];
  }[] = [];

  readonly #settings: StatsSettings;

  constructor(settings: StatsSettings = DEFAULT_STATS_SETTINGS) {
    this.#settings = settings;
    this.#own = new ThreadStats((definitions) => this.attach(MAIN_THREAD, definitions));
  }

  /** The main thread's own scope. */
  root(): StatsScope {
    return this.#own.root();
  }

  /** Takes in what a thread defined. */
  attach(worker: number, definitions: readonly StatDefinition[]): void {
    for (const { name, kind, page, index } of definitions) {
      let stat = this.#stats.get(name);
      if (stat === undefined) {
        stat = new Stat(name, kind, this.#settings);
        this.#stats.set(name, stat);
      }
      if (page === undefined || stat.kind !== kind) continue;
      const slots =
        kind === "histogram" ? new Uint32Array(page, index * 4, HISTOGRAM_BINS) : new Float64Array(page);
      stat.sources.push({ worker, slots, index: kind === "histogram" ? 0 : index });
    }
  }

  /** A worker ended: its counters are kept, its gauges go. */
  detach(worker: number): void {
    for (const stat of this.#stats.values()) {
      const gone = stat.sources.filter((source) => source.worker === worker);
      if (gone.length === 0) continue;
      if (stat.kind === "histogram") this.#mergeHistogram(stat);
      stat.sources = stat.sources.filter((source) => source.worker !== worker);
      for (const source of gone) {
        if (stat.kind === "counter") stat.carried += source.slots[source.index] ?? 0;
        stat.seen?.delete(source);
      }
    }
  }

  /** A stat whose value is a text (`control_plane.identifier`, `version_text`). */
  setText(name: string, value: string): void {
    this.#texts.set(name, value);
  }
  /** A name's tags, by the configured rules. */
  tag(name: string): TaggedName {
    return this.#settings.tag(name);
  }
  texts(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  /** `refresh` runs before each reading, to set gauges that are computed on demand. */
  onRead(refresh: () => void): void {
    this.#refreshers.add(refresh);
  }

  /** Adds readings that live elsewhere (per endpoint). */
  addSource(source: (visit: (reading: ExtraReading) => void) => void): void {
    this.#extra.add(source);
  }

  /**
   * Stats below each of `prefixes` that are listed, as 0, also while no thread has defined them: a cluster that nothing has
   * used yet needs no slots.
   */
  declare(prefixes: () => Iterable<string>, stats: readonly DeclaredStat[]): void {
    this.#declared.push({ prefixes, stats });
  }

  /** What is removed from the configuration is no longer shown; should it come back, counters start at zero. */
  hide(prefix: string): void {
    this.#hidden.add(prefix);
    for (const stat of this.#stats.values()) if (stat.name.startsWith(prefix)) stat.hidden = true;
    for (const name of this.#texts.keys()) if (name.startsWith(prefix)) this.#texts.delete(name);
  }
  show(prefix: string): void {
    if (!this.#hidden.delete(prefix)) return;
    for (const stat of this.#stats.values()) {
      if (!stat.hidden || !stat.name.startsWith(prefix)) continue;
      stat.hidden = false;
      if (stat.kind === "counter") stat.baseline = stat.raw();
    }
  }

  resetCounters(): void {
    for (const stat of this.#stats.values()) {
      if (stat.kind !== "counter") continue;
      stat.baseline = stat.raw();
      stat.flushed = 0;
    }
  }

  /** The present value of a counter or gauge; 0 for an unknown name. */
  value(name: string): number {
    this.#own.flushDefinitions();
    return this.#stats.get(name)?.value() ?? 0;
  }

  /** Ends an interval: counters' deltas and histograms' intervals start anew after `read` has seen them. */
  flush(
    read: ((scalars: readonly ScalarReading[], histograms: readonly HistogramReading[]) => void) | undefined,
  ): void {
    this.#own.flushDefinitions();
    for (const stat of this.#stats.values()) {
      if (stat.kind === "histogram") {
        stat.interval = undefined;
        this.#mergeHistogram(stat);
      }
    }
    read?.(this.scalars(false), this.histograms(false));
    for (const stat of this.#stats.values()) if (stat.kind === "counter") stat.flushed = stat.value();
    this.#extraFlushed.clear();
    for (const source of this.#extra) {
      source(({ name, kind, value }) => {
        if (kind === "counter") this.#extraFlushed.set(name, value);
      });
    }
  }

  /** `withUnused`: also what was only declared. */
  scalars(withUnused = true): ScalarReading[] {
    for (const refresh of this.#refreshers) refresh();
    this.#own.flushDefinitions();
    const out: ScalarReading[] = [];
    for (const stat of this.#stats.values()) {
      if (stat.kind === "histogram" || stat.hidden || !stat.wanted) continue;
      const value = stat.value();
      stat.everUsed ||= value !== 0;
      out.push({
        name: stat.name,
        tagged: stat.tagged,
        kind: stat.kind,
        value,
        delta: value - stat.flushed,
        used: stat.everUsed,
      });
    }
    for (const source of this.#extra) {
      source((reading) =>
        out.push({
          ...reading,
          delta: reading.value - (this.#extraFlushed.get(reading.name) ?? 0),
          used: true,
        }),
      );
    }
    if (withUnused) {
      this.#eachUnused((name, kind) => {
        if (kind === "histogram") return;
        out.push(new UnusedScalar(name, kind, this.#settings));
      });
    }
    return out.sort(byName);
  }

  #eachUnused(visit: (name: string, kind: StatKind) => void): void {
    for (const { prefixes, stats } of this.#declared) {
      for (const prefix of prefixes()) {
        for (const { name: below, kind } of stats) {
          const name = prefix + below;
          if (!this.#stats.has(name) && this.#settings.accepts(name)) visit(name, kind);
        }
      }
    }
  }

  /** `withUnused`: also what was only declared. */
  histograms(withUnused = true): HistogramReading[] {
    this.#own.flushDefinitions();
    const out: HistogramReading[] = [];
    for (const stat of this.#stats.values()) {
      if (stat.kind !== "histogram" || stat.hidden || !stat.wanted) continue;
      const cumulative = histogramView(stat.bins ?? EMPTY);
      const interval = histogramView(stat.interval ?? EMPTY);
      out.push({
        name: stat.name,
        tagged: stat.tagged,
        bounds: stat.bounds,
        cumulative,
        interval,
        used: cumulative.count > 0,
      });
    }
    if (withUnused) {
      const nothing = histogramView(EMPTY);
      this.#eachUnused((name, kind) => {
        if (kind !== "histogram") return;
        const shape = { name, tagged: this.#settings.tag(name), bounds: this.#settings.bounds(name) };
        out.push({ ...shape, cumulative: nothing, interval: nothing, used: false });
      });
    }
    return out.sort(byName);
  }

  #mergeHistogram(stat: Stat): void {
    for (const source of stat.sources) {
      const bins = source.slots;
      if (!(bins instanceof Uint32Array)) continue;
      stat.seen ??= new Map();
      const seen = stat.seen.get(source) ?? new Uint32Array(HISTOGRAM_BINS);
      stat.seen.set(source, seen);
      for (let bin = 0; bin < HISTOGRAM_BINS; bin++) {
        const now = bins[bin] ?? 0;
        // Bins are 32-bit and may wrap; the difference is right all the same.
        const more = (now - (seen[bin] ?? 0)) >>> 0;
        if (more === 0) continue;
        seen[bin] = now;
        stat.bins ??= new Float64Array(HISTOGRAM_BINS);
        stat.interval ??= new Float64Array(HISTOGRAM_BINS);
        stat.bins[bin] = (stat.bins[bin] ?? 0) + more;
        stat.interval[bin] = (stat.interval[bin] ?? 0) + more;
      }
    }
  }
}

/** Its tags are worked out only for who asks: there may be a hundred for each of thousands of clusters. */
class UnusedScalar implements ScalarReading {
  readonly name: string;
  readonly kind: "counter" | "gauge";
  readonly value = 0;
  readonly delta = 0;
  readonly used = false;
  readonly #settings: StatsSettings;

  constructor(name: string, kind: "counter" | "gauge", settings: StatsSettings) {
    this.name = name;
    this.kind = kind;
    this.#settings = settings;
  }

  get tagged(): TaggedName {
    return this.#settings.tag(this.name);
  }
}

const EMPTY = new Float64Array(HISTOGRAM_BINS);
const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
