import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** What is put there is read when nothing has happened to it for so long, so that no half of a file is. */
const QUIET_MS = 20;
const QUIET_MS_MAX = 1000;

/**
 * Tells when another file is moved to `path`, or when anything is moved within `watchedDirectory` (unless it is ""), which is
 * how symbolic links on the way to the file are swapped. A file that is written in place is not noticed, as in Envoy
 * (`PathConfigSource`). Throws where the directory cannot be watched; answers how to end it.
 */
export function watchFile(
  path: string,
  watchedDirectory: string,
  onMoved: () => void,
  onError: (message: string) => void,
): () => void {
  const file = basename(path);
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const watcher: FSWatcher = watch(
    watchedDirectory === "" ? dirname(path) : watchedDirectory,
    { persistent: false },
    (event, name) => {
      if (watchedDirectory === "" && name !== file) return;
      const now = performance.now();
      if (event !== "rename" && timer === undefined) return;
      if (timer === undefined) since = now;
      if (timer !== undefined && now - since > QUIET_MS_MAX) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        // A file that was taken away changes nothing.
        if (existsSync(path)) onMoved();
      }, QUIET_MS);
    },
  );
  watcher.on("error", (error) => onError(error.message));
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
