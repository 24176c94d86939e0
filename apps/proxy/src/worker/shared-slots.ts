import { xxHash64 } from "@sluice/matching";

/** Names that a process may use; those of configurations that are gone stay taken. */
const SLOTS = 16_384;

/** A count over all workers. */
export interface SharedCount {
  /** Takes one; false (nothing taken) when `max` are taken already. */
  tryAcquire(max: number): boolean;
  release(): void;
  total(): number;
}

/** One number that all workers may exchange. */
export interface SharedNumber {
  load(): number;
  /** Sets `next` if it still is `expected`. */
  exchange(expected: number, next: number): boolean;
}

/**
 * Counts and numbers that the workers share by name, in memory that the main thread allocates. Names are found by their hash of
 * 64 bits; each worker counts in a slot of its own, so that one that dies leaves nothing behind.
 */
export class SharedSlots {
  readonly #keys: BigInt64Array;
  readonly #numbers: BigInt64Array;
  readonly #counts: Int32Array;
  readonly #workerIndex: number;
  readonly #concurrency: number;

  constructor(buffer: SharedArrayBuffer, workerIndex: number, concurrency: number) {
    this.#keys = new BigInt64Array(buffer, 0, SLOTS);
    this.#numbers = new BigInt64Array(buffer, SLOTS * 8, SLOTS);
    this.#counts = new Int32Array(buffer, SLOTS * 16);
    this.#workerIndex = Math.max(0, workerIndex);
    this.#concurrency = concurrency;
  }

  static allocate(concurrency: number): SharedArrayBuffer {
    return new SharedArrayBuffer(SLOTS * 16 + SLOTS * concurrency * 4);
  }

  /** Gives back what an ended worker had taken. */
  clearWorker(workerIndex: number): void {
    for (let slot = 0; slot < SLOTS; slot++) this.#counts[slot * this.#concurrency + workerIndex] = 0;
  }

  count(name: string): SharedCount {
    const counts = this.#counts;
    const first = this.#slot(`count ${name}`) * this.#concurrency;
    const own = first + this.#workerIndex;
    const total = (): number => {
      let sum = 0;
      for (let i = 0; i < this.#concurrency; i++) sum += counts[first + i] ?? 0;
      return sum;
    };
    return {
      total,
      tryAcquire: (max) => {
        if (total() >= max) return false;
        counts[own] = (counts[own] ?? 0) + 1;
        return true;
      },
      release: () => {
        counts[own] = (counts[own] ?? 0) - 1;
      },
    };
  }

  /** Starts as `initial`, where nobody had it before. */
  number(name: string, initial: number): SharedNumber {
    const numbers = this.#numbers;
    const slot = this.#slot(`number ${name}`);
    Atomics.compareExchange(numbers, slot, 0n, bitsOf(initial));
    return {
      load: () => numberOf(Atomics.load(numbers, slot)),
      exchange: (expected, next) => {
        const bits = bitsOf(expected);
        return Atomics.compareExchange(numbers, slot, bits, bitsOf(next)) === bits;
      },
    };
  }

  /** Throws when all are taken: thousands of limits are a mistake. */
  #slot(name: string): number {
    const key = BigInt.asIntN(64, xxHash64(name)) || 1n;
    const start = Number(BigInt.asUintN(32, key)) % SLOTS;
    for (let i = 0; i < SLOTS; i++) {
      const slot = (start + i) % SLOTS;
      const found = Atomics.compareExchange(this.#keys, slot, 0n, key);
      if (found === 0n || found === key) return slot;
    }
    throw new Error(`more than ${SLOTS} shared limits`);
  }
}

const CONVERSION = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): bigint {
  CONVERSION.setFloat64(0, value);
  return CONVERSION.getBigInt64(0);
}

function numberOf(bits: bigint): number {
  CONVERSION.setBigInt64(0, bits);
  return CONVERSION.getFloat64(0);
}
