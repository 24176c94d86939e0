import type { StatsScope } from "@sluice/extension-api";
import type { TaggedName } from "./extract-tags.ts";
import { HISTOGRAM_BINS, type HistogramView, histogramView } from "./log-linear-histogram.ts";
import type { DeclaredStat } from "./recording-scope.ts";
import { DEFAULT_STATS_SETTINGS, type StatsSettings } from "./stats-settings.ts";
import {
  type StatDefinition,
  type StatKind,
  type StatsLease,
  type StatsRelease,
  ThreadStats,
} from "./thread-stats.ts";

/** The main thread's own slots count as this worker. */
const MAIN_THREAD = -1;

interface Source {
  readonly worker: number;
  readonly id: number;
  /** Undefined: a histogram that is empty. */
  slots: Float64Array | Uint32Array | undefined;
  readonly index: number;
}

const NOTHING = new Float64Array(1);
const countOf = ({ slots, index }: Source): number => (slots ?? NOTHING)[index] ?? 0;

/** One stat over all threads. */
class Stat {
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
    for (const source of this.sources) sum += countOf(source);
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
  /** Counters and histograms of ended workers, which their successors may take up. */
  readonly #orphans = new Set<Stat>();
  readonly #declared: {
    readonly prefixes: () => Iterable<string>;
    readonly stats: readonly DeclaredStat[];
  }[] = [];

  readonly #settings: StatsSettings;

  constructor(settings: StatsSettings = DEFAULT_STATS_SETTINGS) {
    this.#settings = settings;
    this.#own = new ThreadStats({
      define: (definitions) => this.attach(MAIN_THREAD, definitions),
      release: (release) => {
        this.release(MAIN_THREAD, release);
        this.#own.acknowledge(release.number);
      },
    });
  }

  /** The main thread's own scope. */
  root(): StatsScope {
    return this.#own.root();
  }

  /** For what the main thread counts of things that may go. */
  lease(): StatsLease {
    return this.#own.lease();
  }

  /** Takes in what a thread defined. */
  attach(worker: number, definitions: readonly StatDefinition[]): void {
    for (const { name, kind, id, page, index } of definitions) {
      let stat = this.#stats.get(name);
      if (stat === undefined) {
        stat = new Stat(name, kind, this.#settings);
        this.#stats.set(name, stat);
      }
      if (stat.kind !== kind) continue;
      this.#orphans.delete(stat);
      const slots =
        page === undefined
          ? undefined
          : kind === "histogram"
            ? new Uint32Array(page, index * 4, HISTOGRAM_BINS)
            : new Float64Array(page);
      const known = kind === "histogram" ? findSource(stat, worker, id) : undefined;
      if (known === undefined)
        stat.sources.push({ worker, id, slots, index: kind === "histogram" ? 0 : index });
      else known.slots = slots;
    }
  }

  /** A thread no longer keeps these: a stat that no other one keeps is gone, and should it come back, starts at zero. */
  release(worker: number, { scopes }: StatsRelease): void {
    for (const { prefix, stats } of scopes) {
      for (const { name, id, value } of stats) {
        const stat = this.#stats.get(prefix + name);
        const source = stat === undefined ? undefined : findSource(stat, worker, id);
        if (stat === undefined || source === undefined) continue;
        if (stat.sources.length === 1) {
          this.#stats.delete(stat.name);
          continue;
        }
        if (stat.kind === "histogram") this.#mergeHistogram(stat);
        if (stat.kind === "counter") stat.carried += value;
        stat.sources = stat.sources.filter((each) => each !== source);
        stat.seen?.delete(source);
      }
      if (worker === MAIN_THREAD && prefix !== "") this.#forgetBelow(prefix);
    }
  }

  /** What no thread keeps of a scope that is gone. */
  #forgetBelow(prefix: string): void {
    for (const name of this.#texts.keys()) if (name.startsWith(prefix)) this.#texts.delete(name);
    for (const orphan of this.#orphans) {
      if (!orphan.name.startsWith(prefix)) continue;
      this.#orphans.delete(orphan);
      this.#stats.delete(orphan.name);
    }
  }

  /** A worker ended: its counters are kept, its gauges go. */
  detach(worker: number): void {
    for (const stat of this.#stats.values()) {
      const gone = stat.sources.filter((source) => source.worker === worker);
      if (gone.length === 0) continue;
      if (stat.kind === "histogram") this.#mergeHistogram(stat);
      stat.sources = stat.sources.filter((source) => source.worker !== worker);
      if (stat.sources.length === 0) this.#orphans.add(stat);
      for (const source of gone) {
        if (stat.kind === "counter") stat.carried += countOf(source);
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
      if (stat.kind === "histogram" || !stat.wanted) continue;
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
      if (stat.kind !== "histogram" || !stat.wanted) continue;
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

function findSource(stat: Stat, worker: number, id: number): Source | undefined {
  return stat.sources.find((source) => source.id === id && source.worker === worker);
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
