import type { AlertState } from "./alert-contract.ts";

/** Where a rule stands on one target. */
export interface AlertPosition {
  readonly state: AlertState;
  readonly since: Date;
}

/**
 * Moves a rule's state on one target. It is pending from when the threshold is crossed, fires once that has lasted for `forMs`, and
 * resolves when the threshold is no longer crossed. What was only pending is forgotten, as is what resolved when it is crossed anew.
 *
 * @returns undefined: all is fine, and was
 */
export function nextAlert(
  before: AlertPosition | undefined,
  crossed: boolean,
  { now, forMs }: { readonly now: Date; readonly forMs: number },
): AlertPosition | undefined {
  if (!crossed) {
    if (before === undefined || before.state === "pending") return undefined;
    return before.state === "firing" ? { state: "resolved", since: now } : before;
  }
  if (before?.state === "firing") return before;
  const pendingSince = before?.state === "pending" ? before.since : now;
  if (now.getTime() - pendingSince.getTime() >= forMs) return { state: "firing", since: now };
  return { state: "pending", since: pendingSince };
}
