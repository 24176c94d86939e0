import type { Counter, Gauge, Histogram, StatsScope } from "@sluice/extension-api";
import { binOf, HISTOGRAM_BINS } from "./log-linear-histogram.ts";
import { privateSlot, Slot, SlotPages } from "./slot-pages.ts";

export type StatKind = "counter" | "gauge" | "histogram";

/** Where a thread keeps one stat; what it tells the main thread. */
export interface StatDefinition {
  readonly name: string;
  readonly kind: StatKind;
  /** Tells it from others of the same name. */
  readonly id: number;
  /** Float64 slots for counters and gauges, Uint32 bins for histograms; undefined while a histogram is empty. */
  readonly page: SharedArrayBuffer | undefined;
  /** Index of the slot, or of the first bin, in elements. */
  readonly index: number;
}

/** What a thread no longer keeps. */
export interface StatsRelease {
  /** Counts up; told back to the thread once nothing of it is read any more. */
  readonly number: number;
  readonly scopes: readonly {
    readonly prefix: string;
    /** `name` below the prefix; `value`: the last one of a counter or gauge. */
    readonly stats: readonly { readonly name: string; readonly id: number; readonly value: number }[];
  }[];
}

/** The stats of something that may go: they last until every lease on their scope was released. */
export interface StatsLease {
  /** The root scope. */
  readonly root: StatsScope;
  /** The scope with this prefix. */
  at(prefix: string): StatsScope;
  /** What asks for a stat after this gets one that nobody reads. */
  release(): void;
}

class Bins implements Histogram {
  readonly id: number;
  #bins: Uint32Array | undefined = undefined;
  readonly #allocate: (id: number) => Uint32Array;

  constructor(id: number, allocate: (id: number) => Uint32Array) {
    this.id = id;
    this.#allocate = allocate;
  }
  record(value: number): void {
    this.#bins ??= this.#allocate(this.id);
    const bin = binOf(value);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }
}

const NO_HISTOGRAM: Histogram = { record() {} };

/** The stats of one scope, by their names below it. */
interface ScopeStats {
  readonly prefix: string;
  leases: number;
  readonly stats: Map<string, Slot | Bins>;
}

export interface ThreadStatsReports {
  /** New definitions, batched per event-loop turn. */
  define(definitions: readonly StatDefinition[]): void;
  release(release: StatsRelease): void;
}

/**
 * All stats of one thread. Names are looked up when configuration is compiled; on the data path a stat is a slot. A stat belongs
 * to its scope, and a scope lasts as long as somebody has a lease on it: a configuration that takes the place of another one takes its
 * lease before the other is released, so that counters go on.
 */
export class ThreadStats {
  readonly #scopes = new Map<string, ScopeStats>();
  readonly #reports: ThreadStatsReports;
  readonly #pages = new SlotPages();
  readonly #forGood: Lease = new Lease(this);
  #nextId = 1;
  #releases = 0;
  #pending: StatDefinition[] = [];

  constructor(reports: ThreadStatsReports) {
    this.#reports = reports;
  }

  /** The scope of what lasts as long as the thread. */
  root(): StatsScope {
    return this.#forGood.root;
  }

  lease(): StatsLease {
    return new Lease(this);
  }

  /** The main thread has forgotten what was released until then. */
  acknowledge(release: number): void {
    this.#pages.acknowledge(release);
  }

  scope(prefix: string): ScopeStats {
    let scope = this.#scopes.get(prefix);
    if (scope === undefined) {
      scope = { prefix, leases: 0, stats: new Map() };
      this.#scopes.set(prefix, scope);
    }
    return scope;
  }

  slot(scope: ScopeStats, name: string, kind: "counter" | "gauge"): Slot {
    const known = scope.stats.get(name);
    if (known instanceof Slot) return known;
    if (scope.leases === 0) return privateSlot();
    const slot = this.#pages.allocate(this.#nextId++);
    scope.stats.set(name, slot);
    const { id, index } = slot;
    this.#define({ name: scope.prefix + name, kind, id, page: sharedMemoryOf(slot), index });
    return slot;
  }

  histogram(scope: ScopeStats, name: string): Histogram {
    const known = scope.stats.get(name);
    if (known instanceof Bins) return known;
    if (scope.leases === 0) return NO_HISTOGRAM;
    const shape = { name: scope.prefix + name, kind: "histogram", index: 0 } as const;
    const histogram = new Bins(this.#nextId++, (id) => {
      const page = new SharedArrayBuffer(HISTOGRAM_BINS * 4);
      if (scope.leases > 0) this.#define({ ...shape, id, page });
      return new Uint32Array(page);
    });
    scope.stats.set(name, histogram);
    this.#define({ ...shape, id: histogram.id, page: undefined });
    return histogram;
  }

  /** `scopes` have lost a lease. */
  release(scopes: Iterable<ScopeStats>): void {
    const gone: ScopeStats[] = [];
    for (const scope of scopes) {
      scope.leases--;
      if (scope.leases > 0) continue;
      this.#scopes.delete(scope.prefix);
      gone.push(scope);
    }
    if (gone.length === 0) return;
    this.flushDefinitions();
    const number = ++this.#releases;
    const released = gone.map(({ prefix, stats }) => ({
      prefix,
      stats: [...stats].map(([name, stat]) => {
        const value = stat instanceof Slot ? stat.value : 0;
        if (stat instanceof Slot) this.#pages.giveUp(stat, number);
        return { name, id: stat.id, value };
      }),
    }));
    for (const { stats } of gone) stats.clear();
    this.#reports.release({ number, scopes: released });
  }

  #define(definition: StatDefinition): void {
    if (this.#pending.push(definition) > 1) return;
    queueMicrotask(() => this.flushDefinitions());
  }

  /** Reports what is waiting, now. */
  flushDefinitions(): void {
    if (this.#pending.length === 0) return;
    const batch = this.#pending;
    this.#pending = [];
    this.#reports.define(batch);
  }
}

/** `SlotPages` allocates nothing else. */
function sharedMemoryOf(slot: Slot): SharedArrayBuffer {
  return slot.page.buffer as SharedArrayBuffer;
}

class Lease implements StatsLease {
  readonly root: StatsScope;
  readonly stats: ThreadStats;
  readonly #scopes = new Set<ScopeStats>();
  #released = false;

  constructor(stats: ThreadStats) {
    this.stats = stats;
    this.root = new Scope(this, "");
  }

  scope(prefix: string): ScopeStats {
    if (this.#released) return { prefix, leases: 0, stats: new Map() };
    const scope = this.stats.scope(prefix);
    if (this.#scopes.has(scope)) return scope;
    this.#scopes.add(scope);
    scope.leases++;
    return scope;
  }

  at(prefix: string): StatsScope {
    return new Scope(this, prefix);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.stats.release(this.#scopes);
    this.#scopes.clear();
  }
}

class Scope implements StatsScope {
  readonly prefix: string;
  readonly lease: Lease;
  readonly #stats: ScopeStats;

  constructor(lease: Lease, prefix: string) {
    this.lease = lease;
    this.prefix = prefix;
    this.#stats = lease.scope(prefix);
  }
  scope(name: string): StatsScope {
    return new Scope(this.lease, `${this.prefix}${sanitizeStatName(name)}.`);
  }
  counter(name: string): Counter {
    return this.lease.stats.slot(this.#stats, name, "counter");
  }
  gauge(name: string): Gauge {
    return this.lease.stats.slot(this.#stats, name, "gauge");
  }
  histogram(name: string): Histogram {
    return this.lease.stats.histogram(this.#stats, name);
  }
}

/** A lease on what `scope` is part of; stats that go nowhere need none. */
export function leaseStats(scope: StatsScope): StatsLease {
  if (scope instanceof Scope) return scope.lease.stats.lease();
  return { root: scope, at: discardingStats, release() {} };
}

/** Replaces what Envoy replaces in names that users choose: `://`, `:/` and `:` become `_`, dots at the ends go. */
export function sanitizeStatName(name: string): string {
  return name
    .replace(/^\.|\.$/g, "")
    .replaceAll("://", "_")
    .replaceAll(":/", "_")
    .replaceAll(":", "_")
    .replaceAll("\0", "_");
}

/** A scope whose stats go nowhere: what the main thread compiles configuration with to validate it. */
export function discardingStats(prefix = ""): StatsScope {
  const nothing = { inc() {}, add() {}, sub() {}, set() {}, record() {} };
  return {
    prefix,
    scope: (name) => discardingStats(`${prefix}${sanitizeStatName(name)}.`),
    counter: () => nothing,
    gauge: () => nothing,
    histogram: () => nothing,
  };
}
