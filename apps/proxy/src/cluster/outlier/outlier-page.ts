import type { ConsecutiveType, OutlierSign } from "./outlier-config.ts";

const SIGNS: Readonly<Record<OutlierSign, number>> = {
  consecutive_5xx: 0,
  consecutive_gateway_failure: 1,
  consecutive_local_origin_failure: 2,
  degradation: 3,
};
const HEAD_BYTES = 16;
/** Per worker: requests and successes, then those of local origin. */
const PER_WORKER = 4;

export interface Volume {
  readonly total: number;
  readonly success: number;
}

/**
 * What all workers know of one host: failures in a row, counted together as in Envoy, and totals, which each worker adds up
 * on its own and the main thread takes the difference of.
 */
export class OutlierPage {
  readonly #signs: Int32Array;
  readonly #counts: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#signs = new Int32Array(buffer, 0, 4);
    this.#counts = new Float64Array(buffer, HEAD_BYTES);
  }

  static allocate(concurrency: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_BYTES + concurrency * PER_WORKER * 8);
  }

  /** Answers how many in a row there are now. */
  fail(type: ConsecutiveType): number {
    return Atomics.add(this.#signs, SIGNS[type], 1) + 1;
  }

  /** Answers whether it was not known yet. */
  degrade(): boolean {
    return Atomics.exchange(this.#signs, SIGNS.degradation, 1) === 0;
  }

  reset(type: OutlierSign): void {
    Atomics.store(this.#signs, SIGNS[type], 0);
  }

  count(workerIndex: number, local: boolean, success: boolean): void {
    const base = workerIndex * PER_WORKER + (local ? 2 : 0);
    this.#counts[base] = (this.#counts[base] ?? 0) + 1;
    if (success) this.#counts[base + 1] = (this.#counts[base + 1] ?? 0) + 1;
  }

  /** Since the beginning, of all workers. */
  volume(local: boolean): Volume {
    let total = 0;
    let success = 0;
    for (let base = local ? 2 : 0; base < this.#counts.length; base += PER_WORKER) {
      total += this.#counts[base] ?? 0;
      success += this.#counts[base + 1] ?? 0;
    }
    return { total, success };
  }
}
