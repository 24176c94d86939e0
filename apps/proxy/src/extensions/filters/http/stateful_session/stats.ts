import type { Counter, StatsScope } from "@sluice/extension-api";

/** `http.<stat_prefix>.stateful_session.<stat_prefix>.…` */
export interface StatefulSessionStats {
  /** Answered by the session's own endpoint. */
  readonly routed: Counter;
  /** Answered by another one, as the session's cannot be had. */
  readonly failedOpen: Counter;
  /** Refused for that (`strict`). */
  readonly failedClosed: Counter;
  /** Answered without a session. */
  readonly noSession: Counter;
}

export function createStatefulSessionStats(scope: StatsScope, statPrefix: string): StatefulSessionStats {
  const own = scope.scope("stateful_session").scope(statPrefix);
  return {
    routed: own.counter("routed"),
    failedOpen: own.counter("failed_open"),
    failedClosed: own.counter("failed_closed"),
    noSession: own.counter("no_session"),
  };
}
