import type { Clock, Timers } from "@sluice/extension-api";
import { Deadline } from "../connection/deadline.ts";

/** Who is told that a stream took too long. */
export interface TimedStream {
  onIdleTimeout(): void;
  onRequestTimeout(): void;
}

/** The deadlines of one stream; a connection lends them to its streams in turn, so that a request allocates none. */
export class StreamTimers {
  readonly idle: Deadline;
  readonly request: Deadline;
  stream: TimedStream | undefined = undefined;

  constructor(clock: Clock, timers: Timers) {
    this.idle = new Deadline(clock, timers, () => this.stream?.onIdleTimeout());
    this.request = new Deadline(clock, timers, () => this.stream?.onRequestTimeout());
  }

  /** The stream is through; nothing fires for it any more. */
  release(): void {
    this.stream = undefined;
    this.idle.clear();
    this.request.clear();
  }

  dispose(): void {
    this.stream = undefined;
    this.idle.dispose();
    this.request.dispose();
  }
}
