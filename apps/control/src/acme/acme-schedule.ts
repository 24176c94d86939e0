const MINUTE_MS = 60_000;
const RETRY_MS_MAX = 6 * 60 * MINUTE_MS;

/**
 * When a certificate is renewed: with a third of its life left, up to a tenth of it sooner, so that what was made together is not
 * renewed together.
 *
 * @param random 0 to 1
 */
export function renewAt(now: Date, notAfter: Date, random: number): Date {
  const lifeMs = Math.max(0, notAfter.getTime() - now.getTime());
  return new Date(now.getTime() + lifeMs * (2 / 3 - random / 10));
}

/** When it is tried again after so many failures in a row: a minute, doubled up to six hours, up to half as long again. */
export function retryAt(now: Date, failures: number, random: number): Date {
  const waitMs = Math.min(RETRY_MS_MAX, MINUTE_MS * 2 ** Math.max(0, failures - 1));
  return new Date(now.getTime() + waitMs * (1 + random / 2));
}
