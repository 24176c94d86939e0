/** What a thread needs to show that it lives; crosses threads. */
export interface HeartbeatPage {
  /** Milliseconds of the monotonic clock, a slot per thread: the main thread, then the workers; 0: nobody watches it. */
  readonly lastBeats: SharedArrayBuffer;
  readonly intervalMs: number;
}

/** Of all threads of the process alike. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export function allocateHeartbeats(threads: number, intervalMs: number): HeartbeatPage {
  return { lastBeats: new SharedArrayBuffer(threads * Float64Array.BYTES_PER_ELEMENT), intervalMs };
}

/** Shows from now on that this thread's event loop turns; answers how to stop, after which nobody watches it. */
export function beat(page: HeartbeatPage, thread: number): () => void {
  const slots = new Float64Array(page.lastBeats);
  const show = (): void => {
    slots[thread] = monotonicMs();
  };
  show();
  const timer = setInterval(show, page.intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    slots[thread] = 0;
  };
}
