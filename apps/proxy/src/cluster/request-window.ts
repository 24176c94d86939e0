import type { Clock } from "@sluice/extension-api";

/** An interval is counted in so many parts, the oldest of which is forgotten as a whole. */
const SLOTS = 10;
/** Which part of time it is, and the requests that began in it. */
const PER_SLOT = 2;
const PER_PRIORITY = SLOTS * PER_SLOT;
const PER_WORKER = 2 * PER_PRIORITY;
/** Parts of time are numbered within 31 bits. */
const TICKS = 2 ** 31;

/** Bytes for all workers. */
export const requestWindowBytes = (concurrency: number): number => concurrency * PER_WORKER * 4;

/**
 * How many requests of one priority began lately, in all workers (`budget_interval`). Each worker writes its own part of the page and
 * reads all.
 */
export class RequestWindow {
  readonly #slots: Int32Array;
  readonly #workerIndex: number;
  readonly #first: number;
  readonly #slotMs: number;
  readonly #clock: Clock;

  /** `slots`: of all workers. `intervalMs`: more than 0. */
  constructor(slots: Int32Array, workerIndex: number, high: boolean, intervalMs: number, clock: Clock) {
    this.#slots = slots;
    this.#workerIndex = workerIndex;
    this.#first = high ? PER_PRIORITY : 0;
    this.#slotMs = Math.max(1, Math.floor(intervalMs / SLOTS));
    this.#clock = clock;
  }

  note(): void {
    const slots = this.#slots;
    const tick = this.#tick();
    const at = this.#workerIndex * PER_WORKER + this.#first + (tick % SLOTS) * PER_SLOT;
    const same = slots[at] === tick;
    slots[at] = tick;
    slots[at + 1] = same ? (slots[at + 1] ?? 0) + 1 : 1;
  }

  count(): number {
    const slots = this.#slots;
    const now = this.#tick();
    let sum = 0;
    for (let base = this.#first; base < slots.length; base += PER_WORKER) {
      for (let at = base; at < base + PER_PRIORITY; at += PER_SLOT) {
        const age = (now - (slots[at] ?? 0) + TICKS) % TICKS;
        if (age < SLOTS) sum += slots[at + 1] ?? 0;
      }
    }
    return sum;
  }

  /** The wall clock is the one that workers share. */
  #tick(): number {
    return Math.floor(this.#clock.wallMs() / this.#slotMs) % TICKS;
  }
}
