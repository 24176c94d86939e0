import type { Counter, Gauge } from "@sluice/extension-api";

const SLOTS_PER_PAGE = 2048;

/**
 * A slot in a page that this thread alone writes; that is why a plain add is enough. One that has been written holds -0 where it
 * is 0, so that who reads the page can tell it from one that nothing has touched (`hasCounted`).
 */
export class Slot implements Counter, Gauge {
  readonly page: Float64Array;
  readonly index: number;
  /** Never given twice by one thread, other than its place. */
  readonly id: number;

  constructor(page: Float64Array, index: number, id = 0) {
    this.page = page;
    this.index = index;
    this.id = id;
  }
  get value(): number {
    // Of 0 and -0 this makes 0.
    return (this.page[this.index] ?? 0) + 0;
  }
  inc(): void {
    this.page[this.index] = (this.page[this.index] ?? 0) + 1;
  }
  add(n: number): void {
    this.page[this.index] = (this.page[this.index] ?? 0) + n;
  }
  sub(n: number): void {
    this.page[this.index] = -(n - (this.page[this.index] ?? 0));
  }
  set(n: number): void {
    this.page[this.index] = n || -0;
  }
}

/** Whether the value of a slot is one that was written. */
export const hasCounted = (value: number): boolean => !Object.is(value, 0);

/** A slot that no other thread reads. */
export const privateSlot = (): Slot => new Slot(new Float64Array(1), 0);

/** Sets what is computed anew again and again: as Envoy's, a gauge that was never anything but 0 remains unused. */
export function setChanged(gauge: Gauge, n: number): void {
  if (n !== 0 || (gauge instanceof Slot && gauge.value !== 0)) gauge.set(n);
}

interface Place {
  readonly page: Float64Array;
  readonly index: number;
  /** The release with which it was given up. */
  readonly release: number;
}

/**
 * The slots of one thread. The place of one that was given up is used again, zeroed, when two things are certain: the main
 * thread no longer reads it (`acknowledge`), and nothing in this thread can write it any more, since the collector has found
 * its `Slot` unreachable: connections that outlive their cluster go on counting in theirs.
 */
export class SlotPages {
  #page: Float64Array | undefined = undefined;
  #used = 0;
  #acknowledged = 0;
  readonly #free: Place[] = [];
  /** Unreachable, but the main thread may still read them. */
  #waiting: Place[] = [];
  readonly #unreachable = new FinalizationRegistry<Place>((place) => {
    if (place.release <= this.#acknowledged) this.#free.push(place);
    else this.#waiting.push(place);
  });

  allocate(id: number): Slot {
    const place = this.#free.pop();
    if (place !== undefined) {
      place.page[place.index] = 0;
      return new Slot(place.page, place.index, id);
    }
    if (this.#page === undefined || this.#used === SLOTS_PER_PAGE) {
      this.#page = new Float64Array(new SharedArrayBuffer(SLOTS_PER_PAGE * 8));
      this.#used = 0;
    }
    return new Slot(this.#page, this.#used++, id);
  }

  giveUp(slot: Slot, release: number): void {
    this.#unreachable.register(slot, { page: slot.page, index: slot.index, release });
  }

  /** The main thread reads no slot that was given up with this release or an earlier one. */
  acknowledge(release: number): void {
    this.#acknowledged = release;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((place) => place.release > release);
    for (const place of waiting) if (place.release <= release) this.#free.push(place);
  }
}
