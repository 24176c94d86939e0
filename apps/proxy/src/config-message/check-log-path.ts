import { closeSync, openSync } from "node:fs";

/** Why a log's file cannot be opened; undefined: it can, and is there now, with this mode if it is new. "": no log. */
export function logPathProblem(path: string, mode = 0o644): string | undefined {
  if (path === "") return undefined;
  try {
    closeSync(openSync(path, "a", mode));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `unable to open file '${path}': ${reason}`;
  }
}
