/** Messages for one call: pushed by anybody, read in order by the call. */
export class Outbox<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #ended: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  push(message: T): void {
    if (this.#ended !== undefined) return;
    this.#waiting.push(message);
    this.#wake();
  }

  /** The reader gets what was pushed, then the end, or `error`. */
  end(error?: unknown): void {
    this.#ended ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    while (true) {
      const message = this.#waiting.shift();
      if (message !== undefined) yield message;
      else if (this.#ended === undefined)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      else if (this.#ended.error !== undefined) throw this.#ended.error;
      else return;
    }
  }
}
