import type { Counter, Gauge, Histogram, StatsScope } from "@sluice/extension-api";
import { type StatKind, sanitizeStatName } from "./thread-stats.ts";

/** A stat that something would define. */
export interface DeclaredStat {
  readonly name: string;
  readonly kind: StatKind;
}

const NO_COUNTER: Counter = { add() {}, inc() {} };
const NO_GAUGE: Gauge = { set() {}, add() {}, sub() {} };
const NO_HISTOGRAM: Histogram = { record() {} };

/** The stats that `define` asks a scope for, with their names below it; nothing is defined. */
export function statsDefinedBy(define: (scope: StatsScope) => void): readonly DeclaredStat[] {
  const found: DeclaredStat[] = [];
  define(new RecordingScope("", found));
  return found;
}

class RecordingScope implements StatsScope {
  readonly prefix: string;
  readonly #found: DeclaredStat[];

  constructor(prefix: string, found: DeclaredStat[]) {
    this.prefix = prefix;
    this.#found = found;
  }

  scope(name: string): StatsScope {
    return new RecordingScope(`${this.prefix}${sanitizeStatName(name)}.`, this.#found);
  }
  counter(name: string): Counter {
    this.#found.push({ name: this.prefix + name, kind: "counter" });
    return NO_COUNTER;
  }
  gauge(name: string): Gauge {
    this.#found.push({ name: this.prefix + name, kind: "gauge" });
    return NO_GAUGE;
  }
  histogram(name: string): Histogram {
    this.#found.push({ name: this.prefix + name, kind: "histogram" });
    return NO_HISTOGRAM;
  }
}
