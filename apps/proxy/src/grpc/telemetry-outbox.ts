import type { Timer, Timers } from "@sluice/extension-api";

/** Encoded entries on their way to the main thread, which owns the gRPC streams. */
export interface TelemetrySink {
  /** Room to encode one entry into: at most `commit`ted bytes are kept. */
  push(entry: Uint8Array): void;
}

/** Encoded entries for a gRPC sink; `sink` is its compiled configuration as JSON. */
export interface TelemetryReport {
  readonly type: "telemetry";
  readonly kind: "access-log" | "spans";
  readonly sink: string;
  readonly entries: Uint8Array;
  readonly count: number;
}

class Batch implements TelemetrySink {
  readonly #send: (entries: Uint8Array, count: number) => void;
  readonly #timer: Timer;
  readonly #bytesMax: number;
  readonly #intervalMs: number;
  #buffer: Uint8Array;
  #length = 0;
  #count = 0;

  constructor(
    send: (entries: Uint8Array, count: number) => void,
    timers: Timers,
    bytesMax: number,
    intervalMs: number,
    onTimer: () => void,
  ) {
    this.#send = send;
    this.#bytesMax = bytesMax;
    this.#intervalMs = intervalMs;
    this.#buffer = new Uint8Array(Math.max(4096, bytesMax));
    this.#timer = timers.create(() => {
      onTimer();
      this.flush();
    });
  }

  push(entry: Uint8Array): void {
    if (this.#length + entry.length > this.#buffer.length) {
      this.flush();
      if (entry.length > this.#buffer.length) this.#buffer = new Uint8Array(entry.length);
    }
    this.#buffer.set(entry, this.#length);
    this.#length += entry.length;
    this.#count++;
    if (this.#length >= this.#bytesMax) this.flush();
    else if (!this.#timer.armed) this.#timer.arm(this.#intervalMs);
  }

  flush(): void {
    this.#timer.disarm();
    if (this.#count === 0) return;
    const entries = this.#buffer.slice(0, this.#length);
    const count = this.#count;
    this.#length = 0;
    this.#count = 0;
    this.#send(entries, count);
  }
}

/** One batch per sink configuration; sinks that are configured alike share it. */
export class TelemetryOutbox {
  readonly #report: (message: TelemetryReport) => void;
  readonly #timers: Timers;
  readonly #batches = new Map<string, Batch>();

  constructor(report: (message: TelemetryReport) => void, timers: Timers) {
    this.#report = report;
    this.#timers = timers;
  }

  /** `sink`: what the main thread needs to know to send it on, as JSON; also the identity. `onTimer`: told when entries go because of their time. */
  open(
    kind: "access-log" | "spans",
    sink: string,
    bytesMax: number,
    intervalMs: number,
    onTimer: () => void = () => {},
  ): TelemetrySink {
    const key = `${kind} ${sink} ${bytesMax} ${intervalMs}`;
    let batch = this.#batches.get(key);
    if (batch === undefined) {
      batch = new Batch(
        (entries, count) => this.#report({ type: "telemetry", kind, sink, entries, count }),
        this.#timers,
        bytesMax,
        intervalMs,
        onTimer,
      );
      this.#batches.set(key, batch);
    }
    return batch;
  }

  flush(): void {
    for (const batch of this.#batches.values()) batch.flush();
  }
}
