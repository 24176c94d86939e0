import type { StatsScope } from "@sluice/extension-api";
import type { TaggedName } from "./extract-tags.ts";
import { HISTOGRAM_BINS } from "./log-linear-histogram.ts";
import { OwnMatchers, type StatFilter } from "./own-matchers.ts";
import type { DeclaredStat } from "./recording-scope.ts";
import { countOf, findSource, Stat } from "./stat.ts";
import { byName, type Declaration, type Listed, StatGroups, UnusedStat } from "./stat-groups.ts";
import { type HistogramReading, type ScalarReading, TaggedHistogram, TaggedScalar } from "./stat-readings.ts";
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

/** A reading that another room supplies; deltas are worked out here. */
export type ExtraReading = Omit<ScalarReading, "delta" | "used">;

/** All stats of the process, on the main thread: sums of what the threads keep. */
export class StatsRegistry {
  readonly #stats = new Map<string, Stat>();
  readonly #texts = new Map<string, string>();
  /** Names of texts that are listed without having been set. */
  readonly #unsetTexts = new Set<string>();
  readonly #own: ThreadStats;
  readonly #refreshers = new Set<() => void>();
  readonly #extra = new Set<(visit: (reading: ExtraReading) => void) => void>();
  readonly #extraFlushed = new Map<string, number>();
  /** Counters and histograms of ended workers, which their successors may take up. */
  readonly #orphans = new Set<Stat>();
  readonly #declared: Declaration[] = [];
  readonly #groups = new StatGroups();
  readonly #matchers = new OwnMatchers();

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
        stat = new Stat(name, kind, this.#settings, this.#accepts(name));
        this.#stats.set(name, stat);
        this.#groups.add(stat);
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
          this.#delete(stat);
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

  /**
   * Which stats there are below `prefix`, whatever the bootstrap says; undefined: what that says. Answers how to end it.
   */
  match(prefix: string, accepts: StatFilter | undefined): () => void {
    const end = this.#matchers.set(prefix, accepts);
    this.#judge(prefix);
    return () => {
      end();
      if (accepts !== undefined) this.#judge(prefix);
    };
  }

  #judge(prefix: string): void {
    for (const stat of this.#groups.below(prefix)) stat.wanted = this.#accepts(stat.name);
  }

  #accepts(name: string): boolean {
    return (this.#matchers.find(name) ?? this.#settings.accepts)(name);
  }

  /** What no thread keeps of a scope that is gone. */
  #forgetBelow(prefix: string): void {
    for (const name of this.#texts.keys()) {
      if (!name.startsWith(prefix)) continue;
      this.#texts.delete(name);
      this.#unsetTexts.delete(name);
    }
    for (const orphan of this.#orphans) {
      if (!orphan.name.startsWith(prefix)) continue;
      this.#orphans.delete(orphan);
      this.#delete(orphan);
    }
  }

  #delete(stat: Stat): void {
    this.#stats.delete(stat.name);
    this.#groups.remove(stat);
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
    this.#unsetTexts.delete(name);
  }
  /** Lists it, empty, until it is set. */
  defineText(name: string): void {
    if (this.#texts.has(name)) return;
    this.#texts.set(name, "");
    this.#unsetTexts.add(name);
  }
  isTextSet(name: string): boolean {
    return !this.#unsetTexts.has(name);
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
    const scalars = read === undefined ? [] : this.scalars(false);
    read?.(scalars, this.histograms(false));
    for (const stat of this.#stats.values()) if (stat.kind === "counter") stat.flushed = stat.value();
    // What was counted since it was read belongs to the next interval.
    for (const { name, kind, value } of scalars) {
      const stat = kind === "counter" ? this.#stats.get(name) : undefined;
      if (stat !== undefined) stat.flushed = value;
    }
    this.#extraFlushed.clear();
    for (const source of this.#extra) {
      source(({ name, kind, value }) => {
        if (kind === "counter") this.#extraFlushed.set(name, value);
      });
    }
  }

  /** All counters and gauges by name; `withUnused`: also what was only declared. */
  scalars(withUnused = true): ScalarReading[] {
    return [...this.scalarGroups(withUnused)].flat();
  }

  /** As `scalars`, piece by piece; other things may go on between two pieces. */
  *scalarGroups(withUnused = true): Iterable<readonly ScalarReading[]> {
    for (const refresh of this.#refreshers) refresh();
    this.#own.flushDefinitions();
    const extra = this.#extraReadings();
    let at = 0;
    for (const group of this.#groups.list(withUnused ? this.#declared : [], isScalar)) {
      const out: ScalarReading[] = [];
      for (const listed of group) {
        let more = extra[at];
        while (more !== undefined && more.name < listed.name) {
          out.push(more);
          more = extra[++at];
        }
        const reading = this.#scalar(listed);
        if (reading !== undefined) out.push(reading);
      }
      yield out;
    }
    yield extra.slice(at);
  }

  #scalar(listed: Listed): ScalarReading | undefined {
    const { name, kind } = listed;
    if (kind === "histogram") return undefined;
    if (listed instanceof UnusedStat) {
      return this.#accepts(name) ? new TaggedScalar(name, kind, 0, 0, false, this.#settings) : undefined;
    }
    if (!listed.wanted) return undefined;
    const value = listed.value();
    listed.everUsed ||= value !== 0 || listed.hasCounted();
    return new TaggedScalar(name, kind, value, value - listed.flushed, listed.everUsed, listed);
  }

  #extraReadings(): readonly ScalarReading[] {
    const out: ScalarReading[] = [];
    for (const source of this.#extra) {
      source((reading) => {
        const delta = reading.value - (this.#extraFlushed.get(reading.name) ?? 0);
        out.push({ ...reading, delta, used: true });
      });
    }
    return out.sort(byName);
  }

  /** All histograms by name; `withUnused`: also what was only declared. */
  histograms(withUnused = true): HistogramReading[] {
    return [...this.histogramGroups(withUnused)].flat();
  }

  /** As `histograms`, piece by piece. */
  *histogramGroups(withUnused = true): Iterable<readonly HistogramReading[]> {
    this.#own.flushDefinitions();
    for (const group of this.#groups.list(withUnused ? this.#declared : [], isHistogram)) {
      const out: HistogramReading[] = [];
      for (const listed of group) {
        if (!(listed instanceof UnusedStat)) {
          if (listed.wanted) out.push(new TaggedHistogram(listed.name, listed.bins, listed.interval, listed));
        } else if (this.#accepts(listed.name)) {
          out.push(new TaggedHistogram(listed.name, undefined, undefined, this.#settings));
        }
      }
      yield out;
    }
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

const isHistogram = (kind: StatKind): boolean => kind === "histogram";
const isScalar = (kind: StatKind): boolean => kind !== "histogram";
