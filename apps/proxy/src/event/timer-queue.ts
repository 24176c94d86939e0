import type { Clock, Timer, Timers } from "@sluice/extension-api";
import type { TimerScaling } from "./timer-scaling.ts";

const TIMEOUT_MS_MAX = 0x7fff_ffff;
const UNSET = -1;
/** Node's timeouts are in whole milliseconds and may run ahead of the clock by less than one. */
const EARLY_MS_MAX = 0.5;

/** Whose deadlines expire. Told apart by number, so that an object with several needs no closure for each. */
export interface DeadlineOwner {
  onDeadline(which: number): void;
}

/**
 * All timers of a thread behind one Node timeout: a binary heap by the moment at which each is next looked at. Almost every timer
 * on the data path is disarmed before it is due, and a Node timeout each costs more than its own work: with them a
 * young-generation collection keeps several times as much of what is dead (docs/benchmarks.md).
 */
export class TimerQueue implements Timers {
  readonly clock: Clock;
  private readonly heap: Deadline[] = [];
  private timeout: NodeJS.Timeout | undefined = undefined;
  /** When `timeout` fires. */
  private wakesAtMs = 0;
  /** Deadlines that are set; only these keep the thread alive. */
  private set = 0;
  /** How much shorter some kinds of deadlines are just now; undefined: none ever is. */
  scaling: TimerScaling | undefined = undefined;
  private readonly wake = (): void => this.onTimeout();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  create(callback: () => void): Timer {
    return new CallbackTimer(this, callback);
  }

  /** Places `deadline`, whose `looksAtMs` is new or earlier than before. */
  place(deadline: Deadline): void {
    const { heap } = this;
    if (deadline.index === UNSET) {
      deadline.index = heap.length;
      heap.push(deadline);
    }
    this.rise(deadline, deadline.index);
    if (heap[0] === deadline) this.schedule(deadline.looksAtMs);
  }

  remove(deadline: Deadline): void {
    const { heap } = this;
    const { index } = deadline;
    if (index === UNSET) return;
    deadline.index = UNSET;
    const last = heap.pop();
    if (last !== undefined && last !== deadline) {
      if (index > 0 && last.looksAtMs < (heap[(index - 1) >> 1]?.looksAtMs ?? 0)) this.rise(last, index);
      else this.sink(last, index);
    }
  }

  /** `scaling` says something else than before. */
  rescale(): void {
    for (const deadline of [...this.heap]) deadline.rescale();
  }

  /** A deadline was set that was not. */
  onSet(): void {
    if (this.set++ === 0) this.timeout?.ref();
  }

  /** One is not set any more. */
  onUnset(): void {
    if (--this.set === 0) this.timeout?.unref();
  }

  private rise(deadline: Deadline, from: number): void {
    const { heap } = this;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.looksAtMs <= deadline.looksAtMs) break;
      heap[index] = parent;
      parent.index = index;
      index = parentIndex;
    }
    heap[index] = deadline;
    deadline.index = index;
  }

  private sink(deadline: Deadline, from: number): void {
    const { heap } = this;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.looksAtMs < child.looksAtMs) {
        child = right;
        childIndex++;
      }
      if (child.looksAtMs >= deadline.looksAtMs) break;
      heap[index] = child;
      child.index = index;
      index = childIndex;
    }
    heap[index] = deadline;
    deadline.index = index;
  }

  private schedule(atMs: number): void {
    const { timeout } = this;
    if (timeout !== undefined) {
      if (this.wakesAtMs <= atMs) return;
      clearTimeout(timeout);
    }
    this.wakesAtMs = atMs;
    const delayMs = Math.max(1, Math.ceil(atMs - this.clock.nowMs()));
    const next = setTimeout(this.wake, Math.min(delayMs, TIMEOUT_MS_MAX));
    if (this.set === 0) next.unref();
    this.timeout = next;
  }

  private onTimeout(): void {
    const { heap } = this;
    this.timeout = undefined;
    const nowMs = this.clock.nowMs();
    try {
      for (;;) {
        const first = heap[0];
        if (first === undefined || first.looksAtMs - nowMs > EARLY_MS_MAX) break;
        this.remove(first);
        first.look(nowMs);
      }
    } finally {
      const first = heap[0];
      if (first !== undefined) this.schedule(first.looksAtMs);
    }
  }
}

/**
 * A timer that is set and cleared for every request but seldom met. Setting it to later, or clearing it, leaves its place in the
 * queue as it is: when that comes up too early, it is placed again. So the usual request costs two stores, and the owner is
 * still called at most some milliseconds after the deadline, never before it.
 */
export class Deadline {
  private readonly queue: TimerQueue;
  private readonly owner: DeadlineOwner;
  private readonly which: number;
  /** In whole milliseconds, as is the other: V8 keeps them in the object itself, fractions outside of it. */
  private dueMs = UNSET;
  /** For the queue: when it is looked at, and where it stands there. */
  looksAtMs = UNSET;
  index = UNSET;

  /** Unset. Calls `owner.onDeadline(which)` when it expires. */
  constructor(queue: TimerQueue, owner: DeadlineOwner, which: number) {
    this.queue = queue;
    this.owner = owner;
    this.which = which;
  }

  get isSet(): boolean {
    return this.dueMs !== UNSET;
  }

  /** Expires `delayMs` from `nowMs` (the clock's now, where the caller has it); replaces what was set. */
  set(delayMs: number, nowMs: number = this.queue.clock.nowMs()): void {
    const due = Math.ceil(nowMs + delayMs);
    if (this.dueMs === UNSET) this.queue.onSet();
    this.dueMs = due;
    if (this.index !== UNSET && this.looksAtMs <= due) return;
    this.looksAtMs = due;
    this.queue.place(this);
  }

  clear(): void {
    if (this.dueMs === UNSET) return;
    this.dueMs = UNSET;
    this.queue.onUnset();
  }

  /** `TimerQueue.scaling` has changed, which is nothing to most. */
  rescale(): void {}

  /** Clears it for long or for good: nothing holds on to the owner any more. It may be set again. */
  dispose(): void {
    this.clear();
    this.queue.remove(this);
  }

  /** For the queue, which has taken it out: expires it, or places it again. */
  look(nowMs: number): void {
    if (this.dueMs === UNSET) return;
    if (this.dueMs - nowMs > EARLY_MS_MAX) {
      this.looksAtMs = this.dueMs;
      this.queue.place(this);
      return;
    }
    this.clear();
    this.owner.onDeadline(this.which);
  }
}

class CallbackTimer implements Timer, DeadlineOwner {
  private readonly deadline: Deadline;
  private readonly callback: () => void;

  constructor(queue: TimerQueue, callback: () => void) {
    this.deadline = new Deadline(queue, this, 0);
    this.callback = callback;
  }

  arm(delayMs: number): void {
    this.deadline.set(delayMs);
  }

  disarm(): void {
    this.deadline.dispose();
  }

  get armed(): boolean {
    return this.deadline.isSet;
  }

  onDeadline(): void {
    this.callback();
  }
}
