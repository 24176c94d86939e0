import type { Random } from "@sluice/extension-api";
import type { DrainDecision } from "./worker-context.ts";

/** Slots: wall clock of the drain's start in ms (0: not draining), its length in ms, 1 for gradual, 1 while health checks are failed. */
const STARTED = 0;
const LENGTH = 1;
const GRADUAL = 2;
const FAILED = 3;

/** Written by the main thread, read by the workers at each response. */
export class SharedDrainState implements DrainDecision {
  readonly #slots: Float64Array;
  readonly #random: Random;
  readonly #now: () => number;

  constructor(buffer: SharedArrayBuffer, random: Random, now: () => number = Date.now) {
    this.#slots = new Float64Array(buffer);
    this.#random = random;
    this.#now = now;
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * 8);
  }

  /** Begins to drain; a second call changes nothing. */
  start(lengthMs: number, gradual: boolean): void {
    if (this.draining) return;
    this.#slots[LENGTH] = lengthMs;
    this.#slots[GRADUAL] = gradual ? 1 : 0;
    this.#slots[STARTED] = this.#now();
  }

  get draining(): boolean {
    return (this.#slots[STARTED] ?? 0) > 0;
  }

  /** `/healthcheck/fail`: connections end as if draining, but listeners stay. */
  setHealthCheckFailed(failed: boolean): void {
    this.#slots[FAILED] = failed ? 1 : 0;
  }
  get healthCheckFailed(): boolean {
    return this.#slots[FAILED] === 1;
  }

  drainClose(countsHealthCheck = true): boolean {
    const started = this.#slots[STARTED] ?? 0;
    if (started === 0) return countsHealthCheck && this.#slots[FAILED] === 1;
    if (this.#slots[GRADUAL] !== 1) return true;
    const elapsed = this.#now() - started;
    const length = this.#slots[LENGTH] ?? 0;
    return elapsed >= length || (this.#random.uint32() / 0x1_0000_0000) * length < elapsed;
  }
}
