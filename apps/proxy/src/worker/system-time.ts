import type { Clock, Random, Timer, Timers } from "@sluice/extension-api";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};

export const systemRandom: Random = {
  uint32: () => Math.floor(Math.random() * 0x1_0000_0000),
  uuid: () => crypto.randomUUID(),
};

class SystemTimer implements Timer {
  readonly #callback: () => void;
  readonly #fire: () => void;
  #timeout: NodeJS.Timeout | undefined;
  #delayMs = -1;

  constructor(callback: () => void) {
    this.#callback = callback;
    this.#fire = () => {
      this.#timeout = undefined;
      this.#callback();
    };
  }
  arm(delayMs: number): void {
    if (this.#timeout !== undefined) {
      if (delayMs === this.#delayMs) {
        this.#timeout.refresh();
        return;
      }
      clearTimeout(this.#timeout);
    }
    this.#delayMs = delayMs;
    // Node takes delays over 2^31 - 1 as 1 ms.
    this.#timeout = setTimeout(this.#fire, Math.min(delayMs, 0x7fff_ffff));
  }
  disarm(): void {
    if (this.#timeout === undefined) return;
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }
  get armed(): boolean {
    return this.#timeout !== undefined;
  }
}

export const systemTimers: Timers = { create: (callback) => new SystemTimer(callback) };
