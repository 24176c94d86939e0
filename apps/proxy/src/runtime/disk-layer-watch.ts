import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Changes that come in one go are one reload. */
const SETTLE_MS = 20;

/** Tells when the symbolic link (or directory) at `path` is replaced; Envoy's way of changing runtime values on disk. */
export class DiskLayerWatch {
  readonly #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;

  /** Throws when the directory that holds the link cannot be watched. */
  constructor(path: string, onChange: () => void) {
    const name = basename(path);
    this.#watcher = watch(dirname(path), (_event, changed) => {
      if (changed !== null && changed !== name) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(onChange, SETTLE_MS);
    });
    this.#watcher.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
  }
}
