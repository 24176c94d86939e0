import { type FSWatcher, watch } from "node:fs";

/** Events come in bursts: a swap of two files is looked at once. */
const SETTLE_MS = 50;
/** A directory that is not there (yet) is tried again. */
const RETRY_MS = 1000;

/**
 * Calls back a moment after something in one of the directories was created, renamed, replaced or written. Symbolic links that
 * are swapped count, since the swap happens in the directory.
 */
export class DirectoryWatch {
  readonly #onChange: () => void;
  readonly #watchers: FSWatcher[] = [];
  readonly #retries = new Set<NodeJS.Timeout>();
  #settling: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(directories: readonly string[], onChange: () => void) {
    this.#onChange = onChange;
    for (const directory of directories) this.#watch(directory);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#settling);
    for (const retry of this.#retries) clearTimeout(retry);
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(directory: string): void {
    if (this.#closed) return;
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#changed());
      watcher.on("error", () => {
        watcher.close();
        this.#later(directory);
      });
      this.#watchers.push(watcher);
    } catch {
      this.#later(directory);
    }
  }

  #later(directory: string): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#watch(directory);
      this.#changed();
    }, RETRY_MS);
    retry.unref();
    this.#retries.add(retry);
  }

  #changed(): void {
    if (this.#closed) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#onChange();
    }, SETTLE_MS);
  }
}
