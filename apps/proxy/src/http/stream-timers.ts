import { Deadline, type DeadlineOwner, type TimerQueue } from "../worker/timer-queue.ts";

/** Who is told that a stream took too long. */
export interface TimedStream {
  onIdleTimeout(): void;
  onRequestTimeout(): void;
  onMaxDuration(): void;
  onLogInterval(): void;
  onResponseTimeout(): void;
}

const IDLE = 0;
const REQUEST = 1;
const DURATION = 2;
const LOG = 3;
const RESPONSE = 4;

/** Timers that wait for a next stream; what is above goes. */
const FREE_TIMERS_MAX = 1024;

/** The deadlines of one stream. */
export class StreamTimers implements DeadlineOwner {
  readonly idle: Deadline;
  readonly request: Deadline;
  readonly duration: Deadline;
  /** Until the next interim entry of the access log. */
  readonly log: Deadline;
  /** From the end of the request: the route's. */
  readonly response: Deadline;
  stream: TimedStream | undefined = undefined;

  constructor(timers: TimerQueue) {
    this.idle = new Deadline(timers, this, IDLE);
    this.request = new Deadline(timers, this, REQUEST);
    this.duration = new Deadline(timers, this, DURATION);
    this.log = new Deadline(timers, this, LOG);
    this.response = new Deadline(timers, this, RESPONSE);
  }

  onDeadline(which: number): void {
    const { stream } = this;
    if (stream === undefined) return;
    if (which === IDLE) stream.onIdleTimeout();
    else if (which === REQUEST) stream.onRequestTimeout();
    else if (which === DURATION) stream.onMaxDuration();
    else if (which === LOG) stream.onLogInterval();
    else stream.onResponseTimeout();
  }

  /** The stream is through; nothing fires for it any more. */
  release(): void {
    this.stream = undefined;
    this.idle.clear();
    this.request.clear();
    this.duration.clear();
    this.log.clear();
    this.response.clear();
  }

  dispose(): void {
    this.stream = undefined;
    this.idle.dispose();
    this.request.dispose();
    this.duration.dispose();
    this.log.dispose();
    this.response.dispose();
  }
}

/** Lends timers to streams in turn, so that neither a request nor a waiting connection has any of its own. */
export class StreamTimersPool {
  /** Stands in for what was given back: nothing comes of it. */
  readonly none: StreamTimers;
  private readonly timers: TimerQueue;
  private readonly free: StreamTimers[] = [];

  constructor(timers: TimerQueue) {
    this.timers = timers;
    this.none = new StreamTimers(timers);
  }

  lend(stream: TimedStream): StreamTimers {
    const lent = this.free.pop() ?? new StreamTimers(this.timers);
    lent.stream = stream;
    return lent;
  }

  takeBack(timers: StreamTimers): void {
    if (this.free.length >= FREE_TIMERS_MAX) {
      timers.dispose();
      return;
    }
    timers.release();
    this.free.push(timers);
  }
}
