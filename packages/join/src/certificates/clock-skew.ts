/** Certificates begin to be valid so long before they are issued: a peer whose clock is behind by less takes them at once. */
export const CLOCK_SKEW_MS = 5 * 60_000;
