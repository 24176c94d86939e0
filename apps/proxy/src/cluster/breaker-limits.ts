import type { Runtime } from "@sluice/extension-api";
import { RETRY_BUDGET_DEFAULTS, type Thresholds } from "./compile-circuit-breakers.ts";

/** What is limited, in the order of the shared counts: the threshold and the runtime key's last part. */
export const BREAKER_RESOURCES = [
  ["connections", "max_connections"],
  ["pendingRequests", "max_pending_requests"],
  ["requests", "max_requests"],
  ["retries", "max_retries"],
  ["connectionPools", "max_connection_pools"],
] as const;
export const RETRIES = 3;

/**
 * The limits of one priority of a cluster as they are now: operators may set each by runtime,
 * `circuit_breakers.<cluster>.<priority>.max_…` and `….retry_budget.{budget_percent,min_retry_concurrency,budget_interval}`.
 */
export class BreakerLimits {
  readonly #runtime: Runtime;
  readonly #values: readonly number[];
  readonly #keys: readonly string[];
  readonly #percentKey: string;
  readonly #concurrencyKey: string;
  /** NaN: not configured. */
  readonly #percent: number;
  readonly #concurrencyMin: number;
  readonly #intervalKey: string;
  readonly #intervalMs: number;

  constructor(clusterName: string, priority: string, thresholds: Thresholds, runtime: Runtime) {
    const prefix = `circuit_breakers.${clusterName}.${priority}.`;
    const { retryBudget } = thresholds;
    this.#runtime = runtime;
    this.#values = BREAKER_RESOURCES.map(([name]) => thresholds[name]);
    this.#keys = BREAKER_RESOURCES.map(([, key]) => prefix + key);
    this.#percentKey = `${prefix}retry_budget.budget_percent`;
    this.#concurrencyKey = `${prefix}retry_budget.min_retry_concurrency`;
    this.#percent = retryBudget?.percent ?? Number.NaN;
    this.#concurrencyMin = retryBudget?.concurrencyMin ?? Number.NaN;
    this.#intervalKey = `${prefix}retry_budget.budget_interval`;
    this.#intervalMs = retryBudget?.intervalMs ?? 0;
  }

  /** `resource`: an index in `BREAKER_RESOURCES`. */
  of(resource: number): number {
    return this.#runtime.integer(this.#keys[resource] ?? "", this.#values[resource] ?? 0);
  }

  /** Whether retries are a share of the requests rather than a number of their own. */
  get budgeted(): boolean {
    return !Number.isNaN(this.#budgetPercent) || !Number.isNaN(this.#budgetConcurrency);
  }

  /** Whether a budget is a share of the requests of its interval; runtime may only turn that off. */
  get overInterval(): boolean {
    return this.#intervalMs > 0 && this.#runtime.integer(this.#intervalKey, this.#intervalMs) > 0;
  }

  /** How many retries there may be beside `active` requests. */
  retries(active: number): number {
    const percent = this.#budgetPercent;
    const least = this.#budgetConcurrency;
    if (Number.isNaN(percent) && Number.isNaN(least)) return this.of(RETRIES);
    const usual = RETRY_BUDGET_DEFAULTS;
    const share = Math.floor(((Number.isNaN(percent) ? usual.percent : percent) / 100) * active);
    return Math.max(share, Number.isNaN(least) ? usual.concurrencyMin : least);
  }

  get #budgetPercent(): number {
    return this.#runtime.double(this.#percentKey, this.#percent);
  }

  get #budgetConcurrency(): number {
    return this.#runtime.integer(this.#concurrencyKey, this.#concurrencyMin);
  }
}
