import type { Clock, Timers } from "@sluice/extension-api";
import { Deadline } from "../connection/deadline.ts";

/** Who is told that a stream took too long. */
export interface TimedStream {
  onIdleTimeout(): void;
  onRequestTimeout(): void;
  onMaxDuration(): void;
  onLogInterval(): void;
  onResponseTimeout(): void;
}

/** The deadlines of one stream; a connection lends them to its streams in turn, so that a request allocates none. */
export class StreamTimers {
  readonly idle: Deadline;
  readonly request: Deadline;
  readonly duration: Deadline;
  /** Until the next interim entry of the access log. */
  readonly log: Deadline;
  /** From the end of the request: the route's. */
  readonly response: Deadline;
  stream: TimedStream | undefined = undefined;

  constructor(clock: Clock, timers: Timers) {
    this.idle = new Deadline(clock, timers, () => this.stream?.onIdleTimeout());
    this.request = new Deadline(clock, timers, () => this.stream?.onRequestTimeout());
    this.duration = new Deadline(clock, timers, () => this.stream?.onMaxDuration());
    this.log = new Deadline(clock, timers, () => this.stream?.onLogInterval());
    this.response = new Deadline(clock, timers, () => this.stream?.onResponseTimeout());
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
