import type { Log } from "@sluice/extension-api";

/** Work that goes on behind whoever asked for it. What it throws is logged. */
export class PendingWork {
  readonly #log: Log;
  readonly #work = new Set<Promise<unknown>>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#log.error(String(error)))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  /** Resolves when there is none, of what was added meanwhile either. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
