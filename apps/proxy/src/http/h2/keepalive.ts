import type { Clock, Random } from "@sluice/extension-api";
import { Deadline, type DeadlineOwner, type TimerQueue } from "../../event/timer-queue.ts";
import type { Http2Keepalive } from "./http2-options.ts";

/** What a connection's keepalive needs. */
export interface KeepaliveContext {
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly random: Random;
}

const INTERVAL = 0;
const TIMEOUT = 1;

/** `connection_keepalive`: PINGs at intervals, and the end of a connection whose peer answers nothing in time. */
export class Keepalive implements DeadlineOwner {
  private readonly options: Http2Keepalive;
  private readonly random: Random;
  private readonly clock: Clock;
  private readonly interval: Deadline;
  private readonly timeout: Deadline;
  private readonly sendPing: () => void;
  private readonly onTimeout: () => void;
  private lastReceivedMs: number;

  constructor(
    options: Http2Keepalive,
    context: KeepaliveContext,
    sendPing: () => void,
    onTimeout: () => void,
  ) {
    this.options = options;
    this.random = context.random;
    this.clock = context.clock;
    this.sendPing = sendPing;
    this.onTimeout = onTimeout;
    this.interval = new Deadline(context.timers, this, INTERVAL);
    this.timeout = new Deadline(context.timers, this, TIMEOUT);
    this.lastReceivedMs = this.clock.nowMs();
    this.onAnswer();
  }

  /** The answer to a PING is here: the next one is due after the interval. */
  onAnswer(): void {
    this.timeout.clear();
    const { intervalMs, jitterPercent } = this.options;
    if (intervalMs === 0) return;
    const spreadMs = Math.floor((jitterPercent * intervalMs) / 100);
    this.interval.set(intervalMs + (spreadMs > 0 ? this.random.uint32() % spreadMs : 0));
  }

  /** Any frame shows that the peer lives; an answer may be stuck behind it. */
  onFrame(): void {
    if (this.timeout.isSet) this.timeout.set(this.options.timeoutMs);
  }

  onBytes(): void {
    this.lastReceivedMs = this.clock.nowMs();
  }

  /** Ahead of a new stream on a connection that has been silent for long. */
  onNewStream(): void {
    const { idleIntervalMs } = this.options;
    if (idleIntervalMs > 0 && this.clock.nowMs() - this.lastReceivedMs > idleIntervalMs) this.ping();
  }

  dispose(): void {
    this.interval.dispose();
    this.timeout.dispose();
  }

  onDeadline(which: number): void {
    if (which === INTERVAL) this.ping();
    else this.onTimeout();
  }

  private ping(): void {
    if (this.timeout.isSet) return;
    this.sendPing();
    this.timeout.set(this.options.timeoutMs);
  }
}
