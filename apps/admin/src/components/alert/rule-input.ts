import type { AlertRule } from "@sluice/config/contract";

/** A stored rule in the shape of the API's input. */
export function ruleInput({
  name,
  measure,
  scope,
  threshold,
  windowMs,
  forMs,
  requestsMin,
  enabled,
}: AlertRule) {
  const { kind } = scope;
  return {
    name,
    measure,
    scope: scope.name === undefined ? { kind } : { kind, name: scope.name },
    threshold,
    windowMs,
    forMs,
    requestsMin,
    enabled,
  };
}
