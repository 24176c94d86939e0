/**
 * Cases in which Sluice does not do what Envoy does, with the reason. The suite expects the difference: one that has gone
 * fails, so that its line is taken out.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {};
