import type { Clock, Timer, Timers } from "@sluice/extension-api";

/** Free alarms that are kept; beyond it they are given back to Node. */
const FREE_ALARMS_MAX = 4096;
const TIMER_DELAY_MS_MAX = 0x7fff_ffff;

/**
 * Timers of a thread over few Node timeouts. Almost every timer on the data path is disarmed before it is due, and a timeout
 * per request costs more than its own work: with them a young-generation collection keeps several times as much of what is
 * dead (docs/benchmarks.md). Here a disarmed timer leaves its timeout pending for the next one that is
 * armed; one that fires for nobody is spent, one that fires early is set again for the rest.
 */
export class PooledTimers implements Timers {
  readonly clock: Clock;
  readonly #free: Alarm[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  create(callback: () => void): Timer {
    return new PooledTimer(this, callback);
  }

  take(): Alarm {
    return this.#free.pop() ?? new Alarm(this);
  }

  giveBack(alarm: Alarm): void {
    if (this.#free.length < FREE_ALARMS_MAX) this.#free.push(alarm);
    else alarm.discard();
  }
}

class PooledTimer implements Timer {
  readonly #timers: PooledTimers;
  readonly #callback: () => void;
  #alarm: Alarm | undefined = undefined;

  constructor(timers: PooledTimers, callback: () => void) {
    this.#timers = timers;
    this.#callback = callback;
  }

  arm(delayMs: number): void {
    this.#alarm ??= this.#timers.take();
    this.#alarm.set(this, this.#timers.clock.nowMs() + delayMs, delayMs);
  }

  disarm(): void {
    const alarm = this.#alarm;
    if (alarm === undefined) return;
    this.#alarm = undefined;
    alarm.clear();
    this.#timers.giveBack(alarm);
  }

  get armed(): boolean {
    return this.#alarm !== undefined;
  }

  fire(): void {
    this.disarm();
    this.#callback();
  }
}

/** One Node timeout and the timer that it currently serves, if any. */
class Alarm {
  readonly #timers: PooledTimers;
  readonly #onTimeout: () => void;
  #timer: PooledTimer | undefined = undefined;
  #timeout: NodeJS.Timeout | undefined = undefined;
  #dueMs = 0;
  #firesAtMs = Number.POSITIVE_INFINITY;

  constructor(timers: PooledTimers) {
    this.#timers = timers;
    this.#onTimeout = () => this.#fired();
  }

  set(timer: PooledTimer, dueMs: number, delayMs: number): void {
    this.#timer = timer;
    this.#dueMs = dueMs;
    if (this.#timeout !== undefined && this.#firesAtMs <= dueMs) this.#timeout.ref();
    else this.#start(dueMs, delayMs);
  }

  /** The timeout stays pending, without keeping the thread alive. */
  clear(): void {
    this.#timer = undefined;
    this.#timeout?.unref();
  }

  discard(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  #start(dueMs: number, delayMs: number): void {
    clearTimeout(this.#timeout);
    // Node takes delays over 2^31 - 1 as 1 ms.
    const capped = Math.min(Math.ceil(delayMs), TIMER_DELAY_MS_MAX);
    this.#firesAtMs = dueMs - delayMs + capped;
    this.#timeout = setTimeout(this.#onTimeout, capped);
  }

  #fired(): void {
    this.#timeout = undefined;
    const timer = this.#timer;
    if (timer === undefined) return;
    // Node's clock is in whole milliseconds and may run ahead by less than one.
    const restMs = this.#dueMs - this.#timers.clock.nowMs();
    if (restMs >= 1) this.#start(this.#dueMs, restMs);
    else timer.fire();
  }
}
