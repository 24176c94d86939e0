import type { Clock, ConnectionDrain, Random } from "@sluice/extension-api";

/** `--drain-time-s` and `--drain-strategy`. */
export interface DrainTiming {
  readonly drainTimeMs: number;
  readonly gradual: boolean;
}

/** What the connections of a listener that goes are told, from now on; one for all of them. */
export class ListenerDrain implements ConnectionDrain {
  readonly atOnce: boolean;
  readonly #timing: DrainTiming;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #startedMs: number;

  constructor(timing: DrainTiming, clock: Clock, random: Random, atOnce = false) {
    this.atOnce = atOnce;
    this.#timing = timing;
    this.#clock = clock;
    this.#random = random;
    this.#startedMs = clock.nowMs();
  }

  closesNow(share: number): boolean {
    const { gradual, drainTimeMs } = this.#timing;
    if (!gradual) return true;
    const seconds = Math.ceil((drainTimeMs * share) / 1000);
    const elapsed = Math.floor(this.#elapsedMs() / 1000);
    return elapsed >= seconds || this.#random.uint32() % seconds < elapsed;
  }

  ownEndMs(share: number, graceMs: number): number {
    const { drainTimeMs } = this.#timing;
    const from = Math.floor(drainTimeMs * share);
    const until = drainTimeMs - graceMs;
    const elapsed = this.#elapsedMs();
    if (from >= until || elapsed >= from) return 0;
    return from + (this.#random.uint32() / 0x1_0000_0000) * (until - from) - elapsed;
  }

  hasRoom(share: number, graceMs: number): boolean {
    const { drainTimeMs, gradual } = this.#timing;
    return !gradual || Math.floor(drainTimeMs * share) < drainTimeMs - graceMs;
  }

  #elapsedMs(): number {
    return this.#clock.nowMs() - this.#startedMs;
  }
}
