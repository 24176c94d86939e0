import { xxHash64 } from "@sluice/matching";

/** Names that all configurations in force may use at a time. */
const SHARED_SLOTS_MAX = 16_384;
const EMPTY = 0n;
/** A name was here: those that did not fit before it stand behind it. */
const DELETED = 1n;
/** Nobody works under the lock that long: whoever has it has died. */
const LOCK_MS_MAX = 1000;

/**
 * Names (by their hash of 64 bits) to slots, in memory that all workers share. Each worker counts how often it uses a slot; one that
 * nobody uses is free for another name. Names are looked up when configuration is compiled, under a lock.
 */
export class SharedSlotTable {
  readonly numbers: BigInt64Array;
  /** By slot, then by worker. */
  readonly counts: Int32Array;
  readonly concurrency: number;
  readonly workerIndex: number;
  readonly #keys: BigInt64Array;
  readonly #uses: Int32Array;
  readonly #lock: Int32Array;

  constructor(buffer: SharedArrayBuffer, workerIndex: number, concurrency: number) {
    const slots = SHARED_SLOTS_MAX;
    this.#keys = new BigInt64Array(buffer, 0, slots);
    this.numbers = new BigInt64Array(buffer, slots * 8, slots);
    this.counts = new Int32Array(buffer, slots * 16, slots * concurrency);
    this.#uses = new Int32Array(buffer, slots * (16 + 4 * concurrency), slots * concurrency);
    this.#lock = new Int32Array(buffer, slots * (16 + 8 * concurrency), 1);
    this.workerIndex = workerIndex;
    this.concurrency = concurrency;
  }

  static allocate(concurrency: number): SharedArrayBuffer {
    return new SharedArrayBuffer(SHARED_SLOTS_MAX * (16 + 8 * concurrency) + 4);
  }

  /** Uses a name's slot once more; its number is `initial` where nobody else does. Throws when all are taken. */
  take(name: string, initial: bigint): number {
    return this.#alone(() => {
      const key = BigInt.asIntN(64, xxHash64(name));
      const slot = this.#find(key === EMPTY || key === DELETED ? 2n : key);
      const own = slot * this.concurrency + this.workerIndex;
      if (!this.#used(slot)) Atomics.store(this.numbers, slot, initial);
      this.#uses[own] = (this.#uses[own] ?? 0) + 1;
      return slot;
    });
  }

  /** Uses it once less. */
  give(slot: number): void {
    this.#alone(() => {
      const own = slot * this.concurrency + this.workerIndex;
      this.#uses[own] = (this.#uses[own] ?? 0) - 1;
      if (!this.#used(slot)) this.#remove(slot);
    });
  }

  /** Gives back what an ended worker had. */
  clearWorker(workerIndex: number): void {
    this.#alone(() => {
      for (let slot = 0; slot < SHARED_SLOTS_MAX; slot++) {
        const own = slot * this.concurrency + workerIndex;
        this.counts[own] = 0;
        if (this.#uses[own] === 0) continue;
        this.#uses[own] = 0;
        if (!this.#used(slot)) this.#remove(slot);
      }
    });
  }

  #find(key: bigint): number {
    const start = Number(BigInt.asUintN(32, key)) % SHARED_SLOTS_MAX;
    let free = -1;
    for (let i = 0; i < SHARED_SLOTS_MAX; i++) {
      const slot = (start + i) % SHARED_SLOTS_MAX;
      const found = this.#keys[slot];
      if (found === key) return slot;
      if (found === DELETED && free < 0) free = slot;
      if (found !== EMPTY) continue;
      if (free < 0) free = slot;
      break;
    }
    if (free < 0) throw new Error(`more than ${SHARED_SLOTS_MAX} shared limits`);
    this.#keys[free] = key;
    return free;
  }

  #used(slot: number): boolean {
    const first = slot * this.concurrency;
    for (let i = 0; i < this.concurrency; i++) if (this.#uses[first + i] !== 0) return true;
    return false;
  }

  #remove(slot: number): void {
    this.counts.fill(0, slot * this.concurrency, (slot + 1) * this.concurrency);
    this.#keys[slot] = DELETED;
    // At the end of a chain nothing needs to be passed over.
    let last = slot;
    if (this.#keys[(last + 1) % SHARED_SLOTS_MAX] !== EMPTY) return;
    while (this.#keys[last] === DELETED) {
      this.#keys[last] = EMPTY;
      last = (last + SHARED_SLOTS_MAX - 1) % SHARED_SLOTS_MAX;
    }
  }

  #alone<T>(work: () => T): T {
    while (Atomics.compareExchange(this.#lock, 0, 0, 1) !== 0) {
      if (Atomics.wait(this.#lock, 0, 1, LOCK_MS_MAX) === "timed-out") break;
    }
    try {
      return work();
    } finally {
      Atomics.store(this.#lock, 0, 0);
      Atomics.notify(this.#lock, 0, 1);
    }
  }
}
