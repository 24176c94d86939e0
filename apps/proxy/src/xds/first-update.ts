/** Somebody warms until something has come for the first time, cannot come, or its time is over. */
export class FirstUpdate {
  #isSettled = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  /** `timeoutMs`: `initial_fetch_timeout`, 0: none. */
  constructor(timeoutMs: number, onTimeout: () => void) {
    if (timeoutMs === 0) return;
    this.#timer = setTimeout(() => {
      onTimeout();
      this.settle();
    }, timeoutMs);
  }

  settle(): void {
    clearTimeout(this.#timer);
    this.#isSettled = true;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  ready(): Promise<void> {
    return this.#isSettled ? Promise.resolve() : new Promise((resolve) => this.#waiting.add(resolve));
  }
}
