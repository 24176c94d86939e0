import type { Counter, Gauge, Histogram, StatsScope } from "@sluice/extension-api";
import { binOf, HISTOGRAM_BINS } from "./log-linear-histogram.ts";

export type StatKind = "counter" | "gauge" | "histogram";

/** Where a thread keeps one stat; what it tells the main thread. */
export interface StatDefinition {
  readonly name: string;
  readonly kind: StatKind;
  /** Float64 slots for counters and gauges, Uint32 bins for histograms; undefined while a histogram is empty. */
  readonly page: SharedArrayBuffer | undefined;
  /** Index of the slot, or of the first bin, in elements. */
  readonly index: number;
}

const SLOTS_PER_PAGE = 2048;

/** A slot in a page that this thread alone writes; that is why a plain add is enough. */
export class Slot implements Counter, Gauge {
  readonly #page: Float64Array;
  readonly #index: number;

  constructor(page: Float64Array, index: number) {
    this.#page = page;
    this.#index = index;
  }
  inc(): void {
    this.#page[this.#index] = (this.#page[this.#index] ?? 0) + 1;
  }
  add(n: number): void {
    this.#page[this.#index] = (this.#page[this.#index] ?? 0) + n;
  }
  sub(n: number): void {
    this.#page[this.#index] = (this.#page[this.#index] ?? 0) - n;
  }
  set(n: number): void {
    this.#page[this.#index] = n;
  }
}

class Bins implements Histogram {
  #bins: Uint32Array | undefined;
  readonly #allocate: () => Uint32Array;

  constructor(allocate: () => Uint32Array) {
    this.#allocate = allocate;
  }
  record(value: number): void {
    this.#bins ??= this.#allocate();
    const bin = binOf(value);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }
}

/**
 * All stats of one thread. Names are looked up when configuration is compiled; on the data path a stat is a slot.
 * `publish` gets new definitions, batched per event-loop turn.
 */
export class ThreadStats {
  readonly #stats = new Map<string, Slot | Bins>();
  readonly #publish: (definitions: readonly StatDefinition[]) => void;
  #page = new Float64Array(new SharedArrayBuffer(SLOTS_PER_PAGE * 8));
  #used = 0;
  #pending: StatDefinition[] = [];

  constructor(publish: (definitions: readonly StatDefinition[]) => void) {
    this.#publish = publish;
  }

  root(): StatsScope {
    return new Scope(this, "");
  }

  slot(name: string, kind: "counter" | "gauge"): Slot {
    const known = this.#stats.get(name);
    if (known instanceof Slot) return known;
    if (this.#used === SLOTS_PER_PAGE) {
      this.#page = new Float64Array(new SharedArrayBuffer(SLOTS_PER_PAGE * 8));
      this.#used = 0;
    }
    const index = this.#used++;
    const slot = new Slot(this.#page, index);
    this.#stats.set(name, slot);
    this.#define({ name, kind, page: this.#page.buffer, index });
    return slot;
  }

  histogram(name: string): Histogram {
    const known = this.#stats.get(name);
    if (known instanceof Bins) return known;
    const histogram = new Bins(() => {
      const bins = new Uint32Array(new SharedArrayBuffer(HISTOGRAM_BINS * 4));
      this.#define({ name, kind: "histogram", page: bins.buffer, index: 0 });
      return bins;
    });
    this.#stats.set(name, histogram);
    this.#define({ name, kind: "histogram", page: undefined, index: 0 });
    return histogram;
  }

  #define(definition: StatDefinition): void {
    if (this.#pending.push(definition) > 1) return;
    queueMicrotask(() => this.flushDefinitions());
  }

  /** Publishes what is waiting, now. */
  flushDefinitions(): void {
    if (this.#pending.length === 0) return;
    const batch = this.#pending;
    this.#pending = [];
    this.#publish(batch);
  }
}

class Scope implements StatsScope {
  readonly prefix: string;
  readonly #stats: ThreadStats;

  constructor(stats: ThreadStats, prefix: string) {
    this.#stats = stats;
    this.prefix = prefix;
  }
  scope(name: string): StatsScope {
    return new Scope(this.#stats, `${this.prefix}${sanitizeStatName(name)}.`);
  }
  counter(name: string): Counter {
    return this.#stats.slot(this.prefix + name, "counter");
  }
  gauge(name: string): Gauge {
    return this.#stats.slot(this.prefix + name, "gauge");
  }
  histogram(name: string): Histogram {
    return this.#stats.histogram(this.prefix + name);
  }
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
