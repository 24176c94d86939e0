import type { Problem } from "@sluice/extension-api";
import type {
  CircuitBreakers,
  CircuitBreakers_Thresholds as Message,
} from "@sluice/xds/gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import { CircuitBreakers_ThresholdsSchema as Schema } from "@sluice/xds/gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../config-message/refuse-unsupported-fields.ts";

/** Limits of one priority; Envoy's defaults 1024, 1024, 1024, 3, and none on pools and on connections per host. */
export interface Thresholds {
  readonly connections: number;
  readonly pendingRequests: number;
  readonly requests: number;
  readonly retries: number;
  readonly connectionPools: number;
  /** `per_host_thresholds`. */
  readonly connectionsPerHost: number;
  /** In place of `retries`. */
  readonly retryBudget: RetryBudget | undefined;
  /** Whether `remaining_…` is told. */
  readonly trackRemaining: boolean;
}

/** Retries may be a share of the active and waiting requests, or of those that began within an interval. */
export interface RetryBudget {
  readonly percent: number;
  /** However few the requests are. */
  readonly concurrencyMin: number;
  /** 0: the requests that are under way or wait. */
  readonly intervalMs: number;
}

/** What a budget has that says nothing else; runtime may make one with a single part of it. */
export const RETRY_BUDGET_DEFAULTS: RetryBudget = { percent: 20, concurrencyMin: 3, intervalMs: 0 };

export interface ClusterThresholds {
  readonly default: Thresholds;
  readonly high: Thresholds;
}

const NONE = Number.POSITIVE_INFINITY;
const HIGH = 1;

/** Envoy looks at nothing else of them, takes `track_remaining`, and has no such gauges for single hosts. */
const PER_HOST_FIELDS: SupportedFields = {
  "envoy.config.cluster.v3.CircuitBreakers.Thresholds": ["priority", "max_connections", "track_remaining"],
};

export function compileCircuitBreakers(
  breakers: CircuitBreakers | undefined,
  problems: Problem[],
): ClusterThresholds {
  breakers?.perHostThresholds.forEach((each, i) => {
    problems.push(
      ...refuseUnsupportedFields(Schema, each, PER_HOST_FIELDS, `circuit_breakers.per_host_thresholds[${i}]`),
    );
  });
  const priority = (wanted: "default" | "high"): Thresholds => {
    const of = (list: readonly Message[] | undefined): Message | undefined =>
      list?.find((each) => (each.priority === HIGH ? "high" : "default") === wanted);
    const found = of(breakers?.thresholds);
    const budget = found?.retryBudget;
    return {
      connections: found?.maxConnections ?? 1024,
      pendingRequests: found?.maxPendingRequests ?? 1024,
      requests: found?.maxRequests ?? 1024,
      retries: found?.maxRetries ?? 3,
      connectionPools: found?.maxConnectionPools ?? NONE,
      connectionsPerHost: of(breakers?.perHostThresholds)?.maxConnections ?? NONE,
      retryBudget:
        budget === undefined
          ? undefined
          : {
              percent: budget.budgetPercent?.value ?? RETRY_BUDGET_DEFAULTS.percent,
              concurrencyMin: budget.minRetryConcurrency ?? RETRY_BUDGET_DEFAULTS.concurrencyMin,
              intervalMs: durationMs(budget.budgetInterval, RETRY_BUDGET_DEFAULTS.intervalMs),
            },
      trackRemaining: found?.trackRemaining ?? false,
    };
  };
  return { default: priority("default"), high: priority("high") };
}
