import { isDeepStrictEqual } from "node:util";
import { waitFor } from "@sluice/harness";

/** How long and how often is read; default 3 s, with 50 ms between two times. */
export interface Patience {
  readonly deadlineMs?: number;
  readonly intervalMs?: number;
}

/**
 * For stats, logs and all that comes behind the traffic of its own accord: reads until what was read is `enough`. At the deadline what
 * was read last is given all the same: what it lacks is for the comparison to tell.
 *
 * @param enough may look at what was read the time before, too
 * @returns `undefined` when it could not be read at all
 */
export async function readLagging<T>(
  read: () => T | Promise<T>,
  enough: (now: T, before: T | undefined) => boolean,
  patience: Patience = {},
): Promise<T | undefined> {
  let last: T | undefined;
  const complete = waitFor(
    "what lags",
    async () => {
      const before = last;
      const now = await read();
      last = now;
      return enough(now, before);
    },
    { deadlineMs: 3_000, intervalMs: 50, ...patience },
  );
  await complete.catch(() => {});
  return last;
}

/** Reads until it is `expected`, as another proxy had it before; without that, until it rests: is the same twice running. */
export function readResting<T>(
  read: () => T | Promise<T>,
  expected: T | undefined,
  patience?: Patience,
): Promise<T | undefined> {
  return readLagging(read, (now, before) => isDeepStrictEqual(now, expected ?? before), patience);
}
