import type { Clock, Timer, Timers } from "@sluice/extension-api";

/** A clock that stands still until it is told to go on, and the timers that go by it. For tests. */
export class ManualTime implements Clock, Timers {
  #nowMs = 0;
  readonly #timers = new Set<ManualTimer>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  create(callback: () => void): Timer {
    const timer = new ManualTimer(this, callback);
    this.#timers.add(timer);
    return timer;
  }

  /** When the next timer is due; undefined: none is armed. */
  get nextDueMs(): number | undefined {
    return this.#next()?.dueMs;
  }

  /** Lets time pass; timers fire in the order of their time, also those that are armed meanwhile. */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.dueMs > until) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fire();
    }
    this.#nowMs = until;
  }

  #next(): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.armed && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

class ManualTimer implements Timer {
  dueMs = Number.POSITIVE_INFINITY;
  readonly #time: ManualTime;
  readonly #callback: () => void;

  constructor(time: ManualTime, callback: () => void) {
    this.#time = time;
    this.#callback = callback;
  }

  get armed(): boolean {
    return this.dueMs !== Number.POSITIVE_INFINITY;
  }

  arm(delayMs: number): void {
    this.dueMs = this.#time.nowMs() + delayMs;
  }

  disarm(): void {
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  fire(): void {
    this.dueMs = Number.POSITIVE_INFINITY;
    this.#callback();
  }
}
