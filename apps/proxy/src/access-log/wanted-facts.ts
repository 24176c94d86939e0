/**
 * What the formats compiled in this thread print that is recorded for them alone. Set when such a format is compiled, and never
 * taken back: a configuration that goes may leave its recording behind.
 */
export const wantedFacts = {
  /** The hosts and connections that each request was tried on. */
  attempts: false,
  /** How often each request looked for its route and how long that took. */
  routeResolutions: false,
};
