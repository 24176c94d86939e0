import type { Gauge, Timer, Timers } from "@sluice/extension-api";

/** How often output that waits is looked at: nothing on the data path tells when a peer takes it. */
const LOOK_MS = 100;

/**
 * What one connection has in `…_cx_rx_bytes_buffered` and `…_cx_tx_bytes_buffered`. Of input that is the size of its last read, as
 * with Envoy, which measures before anybody has taken of it. Of output it is what the kernel has not taken yet.
 */
export class BufferGauges {
  private readonly received: Gauge;
  private readonly unsent: Gauge;
  private readonly output: { readonly bufferedBytes: number };
  private readonly watch: OutputWatch;
  private readBytes = 0;
  private unsentBytes = 0;
  private watched = false;
  private closed = false;

  /** `output`: the connection. */
  constructor(output: { readonly bufferedBytes: number }, received: Gauge, unsent: Gauge, timers: Timers) {
    this.output = output;
    this.received = received;
    this.unsent = unsent;
    this.watch = watchOf(timers);
  }

  // Both only take away, less than nothing too: so gauges that come to 0 are known to have been used.

  onRead(bytes: number): void {
    if (bytes === this.readBytes) return;
    this.received.sub(this.readBytes - bytes);
    this.readBytes = bytes;
  }

  private onUnsent(bytes: number): void {
    if (bytes === this.unsentBytes) return;
    this.unsent.sub(this.unsentBytes - bytes);
    this.unsentBytes = bytes;
  }

  /** A flush has left something behind; with TLS it does so for a moment always. */
  onLeftBehind(): void {
    if (this.watched) return;
    this.watched = true;
    this.watch.add(this);
  }

  /** Answers whether something still waits. */
  look(): boolean {
    if (this.closed) return false;
    this.onUnsent(this.output.bufferedBytes);
    this.watched = this.unsentBytes > 0;
    return this.watched;
  }

  close(): void {
    this.closed = true;
    this.onRead(0);
    this.onUnsent(0);
  }
}

/** All of a thread that have output waiting. */
class OutputWatch {
  private readonly timer: Timer;
  private watched: BufferGauges[] = [];

  constructor(timers: Timers) {
    this.timer = timers.create(() => this.look());
  }

  add(gauges: BufferGauges): void {
    if (this.watched.push(gauges) === 1) this.timer.arm(LOOK_MS);
  }

  private look(): void {
    this.watched = this.watched.filter((gauges) => gauges.look());
    if (this.watched.length > 0) this.timer.arm(LOOK_MS);
  }
}

const watches = new WeakMap<Timers, OutputWatch>();

function watchOf(timers: Timers): OutputWatch {
  let watch = watches.get(timers);
  if (watch === undefined) {
    watch = new OutputWatch(timers);
    watches.set(timers, watch);
  }
  return watch;
}
