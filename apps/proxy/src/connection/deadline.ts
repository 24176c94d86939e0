import type { Clock, Timer, Timers } from "@sluice/extension-api";

/**
 * A deadline that is set and cleared for every request but seldom met. Setting a later one leaves the timer as it is: when it
 * fires too early it is armed again for the rest. So the usual request costs two stores, and the callback still runs at most
 * a timer's tick after the deadline.
 */
export class Deadline {
  private readonly clock: Clock;
  private readonly timer: Timer;
  private readonly onExpire: () => void;
  private dueMs = Number.POSITIVE_INFINITY;
  private firesAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, timers: Timers, onExpire: () => void) {
    this.clock = clock;
    this.onExpire = onExpire;
    this.timer = timers.create(() => this.onTimer());
  }

  get isSet(): boolean {
    return this.dueMs !== Number.POSITIVE_INFINITY;
  }

  /** Expires `delayMs` from `nowMs` (the clock's now, where the caller has it); replaces what was set. */
  set(delayMs: number, nowMs: number = this.clock.nowMs()): void {
    const due = nowMs + delayMs;
    this.dueMs = due;
    if (due < this.firesAtMs) {
      this.firesAtMs = due;
      this.timer.arm(delayMs);
    }
  }

  clear(): void {
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  /** Nothing fires any more; the end of the owner. */
  dispose(): void {
    this.clear();
    this.firesAtMs = Number.POSITIVE_INFINITY;
    this.timer.disarm();
  }

  private onTimer(): void {
    this.firesAtMs = Number.POSITIVE_INFINITY;
    if (this.dueMs === Number.POSITIVE_INFINITY) return;
    const restMs = this.dueMs - this.clock.nowMs();
    if (restMs > 0.5) {
      this.firesAtMs = this.dueMs;
      this.timer.arm(restMs);
      return;
    }
    this.dueMs = Number.POSITIVE_INFINITY;
    this.onExpire();
  }
}
