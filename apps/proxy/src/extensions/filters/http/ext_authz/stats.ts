import type { Counter, StatsScope } from "@sluice/extension-api";
import type { ClusterInfo } from "../../../../cluster/thread-local-cluster.ts";

/** `http.<stat_prefix>.ext_authz.[<stat_prefix>.]…`. */
export interface ExtAuthzStats {
  readonly ok: Counter;
  readonly denied: Counter;
  readonly error: Counter;
  /** Requests that nobody was asked about, since the filter was not enabled for them. */
  readonly disabled: Counter;
  /** Of the errors, those whose requests went on. */
  readonly failureModeAllowed: Counter;
  /** Answers of the service that were refused. */
  readonly invalid: Counter;
  readonly ignoredDynamicMetadata: Counter;
  readonly filterStateNameCollision: Counter;
  readonly omittedResponseHeaders: Counter;
  readonly requestHeaderLimitsReached: Counter;
  readonly responseHeaderLimitsReached: Counter;
  /** In shadow mode, of `denied` and `error`. */
  readonly shadowDenied: Counter;
  readonly shadowError: Counter;
}

export function createExtAuthzStats(filters: StatsScope, statPrefix: string): ExtAuthzStats {
  const scope = below(filters, statPrefix);
  return {
    ok: scope.counter("ok"),
    denied: scope.counter("denied"),
    error: scope.counter("error"),
    disabled: scope.counter("disabled"),
    failureModeAllowed: scope.counter("failure_mode_allowed"),
    invalid: scope.counter("invalid"),
    ignoredDynamicMetadata: scope.counter("ignored_dynamic_metadata"),
    filterStateNameCollision: scope.counter("filter_state_name_collision"),
    omittedResponseHeaders: scope.counter("omitted_response_headers"),
    requestHeaderLimitsReached: scope.counter("request_header_limits_reached"),
    responseHeaderLimitsReached: scope.counter("response_header_limits_reached"),
    shadowDenied: scope.counter("shadow_denied"),
    shadowError: scope.counter("shadow_error"),
  };
}

export type ClusterOutcome = "ok" | "denied" | "error" | "invalid" | "failure_mode_allowed";

/** `cluster.<route's cluster>.ext_authz.[<stat_prefix>.]…`, each listed with its first count. `root`: of all stats. */
export class ClusterStats {
  readonly #root: StatsScope;
  readonly #statPrefix: string;
  readonly #made = new WeakMap<ClusterInfo, Map<ClusterOutcome, Counter>>();

  constructor(root: StatsScope, statPrefix: string) {
    this.#root = root;
    this.#statPrefix = statPrefix;
  }

  count(info: ClusterInfo | undefined, outcome: ClusterOutcome): void {
    if (info === undefined) return;
    let counters = this.#made.get(info);
    if (counters === undefined) {
      counters = new Map();
      this.#made.set(info, counters);
    }
    let counter = counters.get(outcome);
    if (counter === undefined) {
      const scope = below(this.#root.scope("cluster").scope(info.statName), this.#statPrefix);
      counter = scope.counter(outcome);
      counters.set(outcome, counter);
    }
    counter.inc();
  }
}

function below(scope: StatsScope, statPrefix: string): StatsScope {
  const own = scope.scope("ext_authz");
  return statPrefix === "" ? own : own.scope(statPrefix);
}
