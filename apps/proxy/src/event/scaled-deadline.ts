import { Deadline, type DeadlineOwner, type TimerQueue } from "./timer-queue.ts";
import type { ScaledTimer, TimerMinimum, TimerScaling } from "./timer-scaling.ts";

/** A deadline that comes earlier while the proxy is overloaded, counted from when it was set. */
class ScaledDeadline extends Deadline {
  private readonly scaling: TimerScaling;
  private readonly minimum: TimerMinimum;
  private readonly timers: TimerQueue;
  private setAtMs = 0;
  private delayMs = 0;

  constructor(
    timers: TimerQueue,
    owner: DeadlineOwner,
    which: number,
    scaling: TimerScaling,
    minimum: TimerMinimum,
  ) {
    super(timers, owner, which);
    this.timers = timers;
    this.scaling = scaling;
    this.minimum = minimum;
  }

  override set(delayMs: number, nowMs: number = this.timers.clock.nowMs()): void {
    this.setAtMs = nowMs;
    this.delayMs = delayMs;
    super.set(this.scaling.apply(this.minimum, delayMs), nowMs);
  }

  override rescale(): void {
    if (this.isSet) super.set(this.scaling.apply(this.minimum, this.delayMs), this.setAtMs);
  }
}

/** A deadline of a kind that the overload manager may shorten: a plain one where it is not told to. */
export function scaledDeadline(
  timers: TimerQueue,
  owner: DeadlineOwner,
  which: number,
  kind: ScaledTimer,
): Deadline {
  const { scaling } = timers;
  const minimum = scaling?.minimums[kind];
  return scaling === undefined || minimum === undefined
    ? new Deadline(timers, owner, which)
    : new ScaledDeadline(timers, owner, which, scaling, minimum);
}
