import { scaledDeadline } from "../event/scaled-deadline.ts";
import { Deadline, type DeadlineOwner, type TimerQueue } from "../event/timer-queue.ts";
import type { Headers } from "../http/header-map.ts";
import type { ForwardAction } from "../route/route-entry.ts";
import { routeStreamDurationMs } from "../route/stream-duration.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";

/** Who is told that a stream took too long. */
export interface TimedStream {
  onIdleTimeout(): void;
  onRequestTimeout(): void;
  onMaxDuration(): void;
  onLogInterval(): void;
}

/** Who waits for a response, and no longer than for a time. */
export interface ResponseWaiter {
  onResponseTimeout(): void;
}

/** The connection manager's limits of a stream. */
export type StreamLimits = Pick<
  ConnectionManagerConfig,
  "streamIdleTimeoutMs" | "streamFlushTimeoutMs" | "requestTimeoutMs" | "maxStreamDurationMs" | "accessLog"
>;

const IDLE = 0;
const REQUEST = 1;
const DURATION = 2;
const LOG = 3;
const RESPONSE = 4;

/** Timers that wait for a next stream; what is above goes. */
const FREE_TIMERS_MAX = 1024;

/**
 * The deadlines of one stream: how long nothing may happen, how long the request may take to arrive and the stream as a whole,
 * when the access log wants its next interim entry, and how long the router waits for a response. The connection manager's
 * limits hold until the request's route has others.
 */
export class StreamTimers implements DeadlineOwner {
  private readonly idle: Deadline;
  /** `idle` itself, unless each is shortened in its own way while the proxy is overloaded. */
  private readonly flush: Deadline;
  private readonly request: Deadline;
  private readonly duration: Deadline;
  private readonly log: Deadline;
  private readonly response: Deadline;
  private stream: TimedStream | undefined = undefined;
  private waiter: ResponseWaiter | undefined = undefined;
  private idleMs = 0;
  private flushMs = 0;

  constructor(timers: TimerQueue) {
    this.idle = scaledDeadline(timers, this, IDLE, "HTTP_DOWNSTREAM_STREAM_IDLE");
    this.flush =
      timers.scaling === undefined
        ? this.idle
        : scaledDeadline(timers, this, IDLE, "HTTP_DOWNSTREAM_STREAM_FLUSH");
    this.request = new Deadline(timers, this, REQUEST);
    this.duration = new Deadline(timers, this, DURATION);
    this.log = new Deadline(timers, this, LOG);
    this.response = new Deadline(timers, this, RESPONSE);
  }

  /** `startedAtMs`: on the monotonic clock. */
  begin(stream: TimedStream, limits: StreamLimits, startedAtMs: number): void {
    this.stream = stream;
    this.idleMs = limits.streamIdleTimeoutMs;
    this.flushMs = limits.streamFlushTimeoutMs;
    if (this.idleMs > 0) this.idle.set(this.idleMs, startedAtMs);
    if (limits.requestTimeoutMs > 0) this.request.set(limits.requestTimeoutMs);
    if (limits.maxStreamDurationMs > 0) this.duration.set(limits.maxStreamDurationMs);
    this.beginLogInterval(limits);
  }

  beginLogInterval(limits: StreamLimits): void {
    if (limits.accessLog.intervalMs > 0) this.log.set(limits.accessLog.intervalMs);
  }

  /**
   * Something has happened. `responseDone`: once the response is whole, what is left is to hand it over, and another limit
   * holds for that.
   */
  touch(responseDone: boolean): void {
    const limitMs = responseDone ? this.flushMs : this.idleMs;
    const deadline = responseDone ? this.flush : this.idle;
    if (deadline !== this.idle) this.idle.clear();
    if (limitMs > 0) deadline.set(limitMs);
    else deadline.clear();
  }

  /** The request is whole. */
  endRequest(): void {
    this.request.clear();
  }

  /** The route's limits take the place of the connection manager's. */
  useRoute(forward: ForwardAction, headers: Headers, limits: StreamLimits, startedAtMs: number): undefined {
    if (forward.idleTimeoutMs !== undefined) {
      this.idleMs = forward.idleTimeoutMs;
      if (this.idleMs > 0) this.idle.set(this.idleMs);
      else this.idle.clear();
    }
    if (forward.flushTimeoutMs !== undefined) this.flushMs = forward.flushTimeoutMs;
    const durationMs = routeStreamDurationMs(forward, headers, limits.maxStreamDurationMs);
    if (durationMs === undefined) return;
    if (durationMs > 0) this.duration.set(durationMs, startedAtMs);
    else this.duration.clear();
  }

  /** A stream has one waiter at a time. */
  awaitResponse(waiter: ResponseWaiter, timeoutMs: number): undefined {
    if (this.stream === undefined) return;
    this.waiter = waiter;
    this.response.set(timeoutMs);
  }

  stopAwaitingResponse(waiter: ResponseWaiter): undefined {
    if (this.waiter !== waiter) return;
    this.waiter = undefined;
    this.response.clear();
  }

  onDeadline(which: number): void {
    const { stream } = this;
    if (stream === undefined) return;
    if (which === IDLE) stream.onIdleTimeout();
    else if (which === REQUEST) stream.onRequestTimeout();
    else if (which === DURATION) stream.onMaxDuration();
    else if (which === LOG) stream.onLogInterval();
    else this.waiter?.onResponseTimeout();
  }

  /** The stream is through; nothing fires for it any more. */
  release(): void {
    this.stream = undefined;
    this.waiter = undefined;
    this.idle.clear();
    this.flush.clear();
    this.request.clear();
    this.duration.clear();
    this.log.clear();
    this.response.clear();
  }

  dispose(): void {
    this.stream = undefined;
    this.waiter = undefined;
    this.idle.dispose();
    this.flush.dispose();
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

  lend(): StreamTimers {
    return this.free.pop() ?? new StreamTimers(this.timers);
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
