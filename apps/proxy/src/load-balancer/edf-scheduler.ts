/**
 * Earliest deadline first: each entry comes up in proportion to its weight, evenly spread. O(log n) per pick.
 * Weights are asked for at each pick, so that they may depend on load.
 */
export class EdfScheduler<T> {
  readonly #heap: { deadline: number; order: number; readonly entry: T }[] = [];
  readonly #weight: (entry: T) => number;
  #now = 0;
  #order = 0;

  constructor(entries: readonly T[], weight: (entry: T) => number) {
    this.#weight = weight;
    for (const entry of entries) {
      this.#heap.push({ deadline: 1 / weight(entry), order: this.#order++, entry });
    }
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#siftDown(index);
  }

  next(): T | undefined {
    const top = this.#heap[0];
    if (top === undefined) return undefined;
    this.#now = top.deadline;
    top.deadline = this.#now + 1 / this.#weight(top.entry);
    top.order = this.#order++;
    this.#siftDown(0);
    return top.entry;
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const moving = heap[start];
    if (moving === undefined) return;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      let least = heap[child];
      if (least === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, least)) {
        child++;
        least = right;
      }
      if (!before(least, moving)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = moving;
  }
}

function before(
  a: { readonly deadline: number; readonly order: number },
  b: { readonly deadline: number; readonly order: number },
): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}
