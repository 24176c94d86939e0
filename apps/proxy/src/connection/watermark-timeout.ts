import type { Connection } from "@sluice/extension-api";
import { Deadline, type DeadlineOwner, type TimerQueue } from "../event/timer-queue.ts";

/** Why the connection was closed, in Envoy's words. */
export const WATERMARK_TIMEOUT = "buffer_high_watermark_timeout_reached";

/** `per_connection_buffer_high_watermark_timeout`: a connection whose peer leaves its output piled up for that long is closed. */
export class WatermarkTimeout implements DeadlineOwner {
  readonly #connection: Pick<Connection, "close">;
  readonly #deadline: Deadline;
  readonly #timeoutMs: number;

  constructor(connection: Pick<Connection, "close">, timers: TimerQueue, timeoutMs: number) {
    this.#connection = connection;
    this.#deadline = new Deadline(timers, this, 0);
    this.#timeoutMs = timeoutMs;
  }

  onAboveHighWatermark(): void {
    this.#deadline.set(this.#timeoutMs);
  }

  onBelowLowWatermark(): void {
    this.#deadline.clear();
  }

  onDeadline(): void {
    this.#connection.close("noFlush", WATERMARK_TIMEOUT);
  }

  dispose(): void {
    this.#deadline.dispose();
  }
}
