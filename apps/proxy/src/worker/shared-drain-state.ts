import type { DrainDecision } from "./worker-context.ts";

/** Written by the main thread, read by the workers at each response. */
export class SharedDrainState implements DrainDecision {
  readonly #failed: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#failed = new Int32Array(buffer);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  /** `/healthcheck/fail`: connections end as if draining, but listeners stay. */
  setHealthCheckFailed(failed: boolean): void {
    this.#failed[0] = failed ? 1 : 0;
  }

  get healthCheckFailed(): boolean {
    return this.#failed[0] === 1;
  }

  drainClose(): boolean {
    return this.healthCheckFailed;
  }
}
