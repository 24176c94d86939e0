import type { Clock, Random, Timer, Timers } from "@sluice/extension-api";
import { backOffMs, type CallOutcome, type CallRetries, isRetried } from "../grpc/call-retries.ts";

/** What it needs of its worker. */
export interface CallContext {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export interface CallPlan {
  /** Undefined: the first try is the only one. */
  readonly retries: CallRetries | undefined;
  /** Of the whole call with its tries and pauses, from `start`; 0: none. */
  readonly timeoutMs: number;
}

/**
 * Makes a try, which may take `leftMs` (0: no end; else at least 1). `retry` counts from 0. What becomes of it is asked by `goesOn` or told by
 * `end`, once, also before this returns. Undefined: there is nothing to cancel.
 */
export type BeginTry = (leftMs: number, retry: number) => { cancel(): void } | undefined;

/**
 * One call of the proxy's own, tried again as a policy says, with growing pauses between its tries and one deadline for all of them.
 * It knows when another try is due and when it is too late for one; what a call is and whom its end is told to is its owner's.
 *
 * The owner makes it, calls `start`, and hears nothing of it again but by the tries that it begins. With the outcome of each it asks
 * `goesOn`: true, and another try follows by itself; false, and the call is over, which the owner tells as the outcome is. An outcome that no
 * policy would retry is told by `end`. Until then the owner may `cancel`: no try begins any more, and the one under way is cancelled.
 */
export class RetriedCall {
  readonly #context: CallContext;
  readonly #plan: CallPlan;
  readonly #begin: BeginTry;
  /** On the monotonic clock; 0: none. */
  #deadlineMs = 0;
  #retry = 0;
  #pending: { cancel(): void } | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #over = false;

  constructor(context: CallContext, plan: CallPlan, begin: BeginTry) {
    this.#context = context;
    this.#plan = plan;
    this.#begin = begin;
  }

  /** Once. The call may be over when this returns. */
  start(): void {
    const { timeoutMs } = this.#plan;
    this.#deadlineMs = timeoutMs > 0 ? this.#context.clock.nowMs() + timeoutMs : 0;
    this.#try();
  }

  /** The time of the whole call is up. */
  get isLate(): boolean {
    return this.#deadlineMs !== 0 && this.#context.clock.nowMs() >= this.#deadlineMs;
  }

  /** Whether a try that ended so is followed by another; undefined: such an end never is. */
  goesOn(outcome: CallOutcome | undefined): boolean {
    const { retries } = this.#plan;
    const { clock, random, timers } = this.#context;
    this.#pending = undefined;
    if (
      this.#over ||
      retries === undefined ||
      outcome === undefined ||
      this.#retry >= retries.numRetries ||
      !isRetried(retries, outcome)
    )
      return this.#endsHere();
    const pauseMs = backOffMs(retries, this.#retry + 1, random.uint32() / 2 ** 32);
    if (this.#deadlineMs !== 0 && clock.nowMs() + pauseMs >= this.#deadlineMs) return this.#endsHere();
    this.#retry++;
    this.#timer ??= timers.create(() => this.#try());
    this.#timer.arm(pauseMs);
    return true;
  }

  end(): void {
    this.#over = true;
    this.#pending = undefined;
    this.#timer?.disarm();
  }

  /** Nothing when the call is over. */
  cancel(): void {
    const pending = this.#pending;
    this.end();
    pending?.cancel();
  }

  #endsHere(): false {
    this.end();
    return false;
  }

  #try(): void {
    const { timeoutMs } = this.#plan;
    // A difference of fractions may come out larger than what was added.
    const restMs = Math.min(timeoutMs, this.#deadlineMs - this.#context.clock.nowMs());
    const leftMs = this.#deadlineMs === 0 ? 0 : Math.max(1, restMs);
    const retry = this.#retry;
    const pending = this.#begin(leftMs, retry);
    // It may have ended already, with another one to come.
    if (!this.#over && this.#retry === retry) this.#pending = pending;
  }
}
