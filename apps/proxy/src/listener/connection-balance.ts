const ABSENT = -1;

/**
 * `exact_balance`: how many connections each worker has of each address of a listener, in memory that the workers share. A worker
 * counts here from when it listens until it leaves off.
 */
export class ConnectionBalance {
  /** By address, then by worker; -1: the worker does not listen. */
  readonly #counts: Int32Array;
  readonly #concurrency: number;
  readonly #own: number;

  constructor(buffer: SharedArrayBuffer, own: number, concurrency: number) {
    this.#counts = new Int32Array(buffer);
    this.#concurrency = concurrency;
    this.#own = own;
  }

  static allocate(addresses: number, concurrency: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(addresses * concurrency * 4);
    new Int32Array(buffer).fill(ABSENT);
    return buffer;
  }

  /** Keeps what an earlier configuration with the same balance has counted. */
  join(): void {
    this.#each((slot) => Atomics.compareExchange(this.#counts, slot, ABSENT, 0));
  }

  leave(): void {
    this.#each((slot) => Atomics.store(this.#counts, slot, ABSENT));
  }

  /** The worker with the fewest connections of an address, and of several the first, for which one more is counted. */
  pick(address: number): number {
    const first = address * this.#concurrency;
    for (;;) {
      let least = first + this.#own;
      let fewest = Number.POSITIVE_INFINITY;
      for (let slot = first; slot < first + this.#concurrency; slot++) {
        const count = Atomics.load(this.#counts, slot);
        if (count === ABSENT || count >= fewest) continue;
        fewest = count;
        least = slot;
      }
      // All have left off: it stays where it was accepted.
      if (fewest === Number.POSITIVE_INFINITY) return this.#own;
      if (Atomics.compareExchange(this.#counts, least, fewest, fewest + 1) === fewest) return least - first;
    }
  }

  /** Counts one more for this worker, which takes what it had given to another. */
  takeBack(address: number, from: number): void {
    this.#add(address, from, -1);
    this.#add(address, this.#own, 1);
  }

  /** A connection of this worker has ended. */
  release(address: number): void {
    this.#add(address, this.#own, -1);
  }

  #add(address: number, workerIndex: number, by: number): void {
    const slot = address * this.#concurrency + workerIndex;
    for (;;) {
      const count = Atomics.load(this.#counts, slot);
      if (count + by < 0 || count === ABSENT) return;
      if (Atomics.compareExchange(this.#counts, slot, count, count + by) === count) return;
    }
  }

  #each(act: (slot: number) => void): void {
    for (let slot = this.#own; slot < this.#counts.length; slot += this.#concurrency) act(slot);
  }
}
