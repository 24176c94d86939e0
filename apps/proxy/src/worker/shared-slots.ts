import { SharedSlotTable } from "./shared-slot-table.ts";

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
 * Counts and numbers that the workers share by name, in memory that the main thread allocates. Each worker counts in a slot of its
 * own, so that one that dies leaves nothing behind. A name lasts as long as some lease of some worker has it.
 */
export class SharedSlots {
  readonly #table: SharedSlotTable;
  readonly #handles: Handle[] = [];
  #released = false;

  constructor(memory: SharedArrayBuffer | SharedSlotTable, workerIndex: number, concurrency: number) {
    this.#table =
      memory instanceof SharedSlotTable
        ? memory
        : new SharedSlotTable(memory, Math.max(0, workerIndex), concurrency);
  }

  static allocate(concurrency: number): SharedArrayBuffer {
    return SharedSlotTable.allocate(concurrency);
  }

  /** For one configuration; `release` it when that is gone. */
  lease(): SharedSlots {
    return new SharedSlots(this.#table, this.#table.workerIndex, this.#table.concurrency);
  }

  /** What was acquired is given back; counts and numbers live on for who still has them, but are nobody else's. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const handle of this.#handles) handle.leave();
    this.#handles.length = 0;
  }

  /** Gives back what an ended worker had taken. */
  clearWorker(workerIndex: number): void {
    this.#table.clearWorker(workerIndex);
  }

  count(name: string): SharedCount {
    const count = new Count(this.#table, `count ${name}`);
    this.#hold(count);
    return count;
  }

  /** Starts as `initial`, where nobody has it yet. */
  number(name: string, initial: number): SharedNumber {
    const number = new SharedValue(this.#table, `number ${name}`, initial);
    this.#hold(number);
    return number;
  }

  #hold(handle: Handle): void {
    if (this.#released) handle.leave();
    else this.#handles.push(handle);
  }
}

interface Handle {
  /** Gives its slot back. */
  leave(): void;
}

class Count implements SharedCount, Handle {
  readonly #table: SharedSlotTable;
  readonly #slot: number;
  readonly #own: number;
  #taken = 0;
  #left = false;

  constructor(table: SharedSlotTable, name: string) {
    this.#table = table;
    this.#slot = table.take(name, 0n);
    this.#own = this.#slot * table.concurrency + table.workerIndex;
  }

  total(): number {
    if (this.#left) return this.#taken;
    const { counts, concurrency } = this.#table;
    const first = this.#slot * concurrency;
    let sum = 0;
    for (let i = 0; i < concurrency; i++) sum += counts[first + i] ?? 0;
    return sum;
  }

  tryAcquire(max: number): boolean {
    if (this.total() >= max) return false;
    this.#add(1);
    return true;
  }

  release(): void {
    this.#add(-1);
  }

  leave(): void {
    const { counts } = this.#table;
    counts[this.#own] = (counts[this.#own] ?? 0) - this.#taken;
    this.#left = true;
    this.#table.give(this.#slot);
  }

  #add(n: number): void {
    this.#taken += n;
    if (this.#left) return;
    const { counts } = this.#table;
    counts[this.#own] = (counts[this.#own] ?? 0) + n;
  }
}

class SharedValue implements SharedNumber, Handle {
  readonly #table: SharedSlotTable;
  readonly #slot: number;
  /** Once its slot is given back. */
  #last: number | undefined = undefined;

  constructor(table: SharedSlotTable, name: string, initial: number) {
    this.#table = table;
    this.#slot = table.take(name, bitsOf(initial));
  }

  load(): number {
    return this.#last ?? numberOf(Atomics.load(this.#table.numbers, this.#slot));
  }

  exchange(expected: number, next: number): boolean {
    if (this.#last !== undefined) {
      if (this.#last !== expected) return false;
      this.#last = next;
      return true;
    }
    const bits = bitsOf(expected);
    return Atomics.compareExchange(this.#table.numbers, this.#slot, bits, bitsOf(next)) === bits;
  }

  leave(): void {
    this.#last = this.load();
    this.#table.give(this.#slot);
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
