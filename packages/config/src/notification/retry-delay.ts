const FIRST_MS = 5_000;
const LONGEST_MS = 3_600_000;

/** Tries until a message is given up: about five hours. */
export const ATTEMPTS_MAX = 15;

/**
 * How long to wait after the try number `attempt` (from 1) failed: 5 s, doubled each time, at most an hour, of which a random half is
 * left out so that messages that failed together do not come back together.
 *
 * @param random 0…1
 */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.round(full * (1 - random / 2));
}
