import type { ClusterThresholds, RetryBudget, Thresholds } from "./compile-circuit-breakers.ts";
import type { Resource, ResourceLimits } from "./thread-local-cluster.ts";

/** In shared memory: per worker, the default priority's counts, then the high priority's. */
const RESOURCES = ["connections", "pendingRequests", "requests", "retries", "connectionPools"] as const;
const PER_PRIORITY = RESOURCES.length;
const PER_WORKER = 2 * PER_PRIORITY;
/** Names of the gauges, in the order of `RESOURCES`. */
export const OPEN_GAUGES = [
  "cx_open",
  "rq_pending_open",
  "rq_open",
  "rq_retry_open",
  "cx_pool_open",
] as const;
export const REMAINING_GAUGES = [
  "remaining_cx",
  "remaining_pending",
  "remaining_rq",
  "remaining_retries",
  "remaining_cx_pools",
] as const;

export type Priority = "default" | "high";

export function circuitBreakerPage(concurrency: number): SharedArrayBuffer {
  return new SharedArrayBuffer(concurrency * PER_WORKER * 4);
}

/** Where a priority's counts begin. */
const baseOf = (priority: Priority): number => (priority === "high" ? PER_PRIORITY : 0);

function sumOf(slots: Int32Array, first: number): number {
  let sum = 0;
  for (let index = first; index < slots.length; index += PER_WORKER) sum += slots[index] ?? 0;
  return sum;
}

/**
 * One worker's handle on a count. Each worker writes its own slot and reads all, so a limit may be passed by as many as
 * there are workers that take the last one at the same instant, and a worker that dies leaves nothing behind.
 */
class SharedResource implements Resource {
  readonly #slots: Int32Array;
  readonly #own: number;
  readonly #first: number;
  readonly #limit: number;

  constructor(slots: Int32Array, workerIndex: number, resource: number, limit: number) {
    this.#slots = slots;
    this.#own = workerIndex * PER_WORKER + resource;
    this.#first = resource;
    this.#limit = limit;
  }
  tryAcquire(): boolean {
    if (sumOf(this.#slots, this.#first) >= this.#limit) return false;
    this.take();
    return true;
  }
  take(): void {
    this.#slots[this.#own] = (this.#slots[this.#own] ?? 0) + 1;
  }
  release(): void {
    this.#slots[this.#own] = (this.#slots[this.#own] ?? 0) - 1;
  }
}

/** `retry_budget`: the limit moves with the requests. */
class BudgetedRetries implements Resource {
  readonly #counts: SharedResource;
  readonly #slots: Int32Array;
  readonly #base: number;
  readonly #budget: RetryBudget;

  constructor(counts: SharedResource, slots: Int32Array, base: number, budget: RetryBudget) {
    this.#counts = counts;
    this.#slots = slots;
    this.#base = base;
    this.#budget = budget;
  }
  tryAcquire(): boolean {
    if (sumOf(this.#slots, this.#base + 3) >= retriesAllowed(this.#slots, this.#base, this.#budget))
      return false;
    this.#counts.take();
    return true;
  }
  release(): void {
    this.#counts.release();
  }
}

function retriesAllowed(slots: Int32Array, base: number, budget: RetryBudget): number {
  const active = sumOf(slots, base + 1) + sumOf(slots, base + 2);
  return Math.max(Math.floor((budget.percent / 100) * active), budget.concurrencyMin);
}

function resourceLimits(
  slots: Int32Array,
  workerIndex: number,
  priority: Priority,
  thresholds: Thresholds,
): ResourceLimits {
  const base = baseOf(priority);
  const resource = (index: number, limit: number): SharedResource =>
    new SharedResource(slots, workerIndex, base + index, limit);
  const retries = resource(3, thresholds.retries);
  const { retryBudget } = thresholds;
  return {
    connections: resource(0, thresholds.connections),
    pendingRequests: resource(1, thresholds.pendingRequests),
    requests: resource(2, thresholds.requests),
    retries: retryBudget === undefined ? retries : new BudgetedRetries(retries, slots, base, retryBudget),
    connectionPools: resource(4, thresholds.connectionPools),
    connectionsPerHost: thresholds.connectionsPerHost,
  };
}

/** A worker's view of a cluster's page. */
export function circuitBreakers(
  page: SharedArrayBuffer,
  workerIndex: number,
  thresholds: ClusterThresholds,
): { readonly default: ResourceLimits; readonly high: ResourceLimits } {
  const slots = new Int32Array(page);
  return {
    default: resourceLimits(slots, workerIndex, "default", thresholds.default),
    high: resourceLimits(slots, workerIndex, "high", thresholds.high),
  };
}

/** How a limit stands now. */
export interface Standing {
  readonly used: number;
  readonly limit: number;
}

/** In the order of the gauges. */
export function standingOf(
  page: SharedArrayBuffer,
  priority: Priority,
  thresholds: Thresholds,
): readonly Standing[] {
  const slots = new Int32Array(page);
  const base = baseOf(priority);
  return RESOURCES.map((name, resource) => {
    const { retryBudget } = thresholds;
    const budgeted = name === "retries" && retryBudget !== undefined;
    const limit = budgeted ? retriesAllowed(slots, base, retryBudget) : thresholds[name];
    return { used: sumOf(slots, base + resource), limit };
  });
}

/** Gives back what an ended worker held. */
export function clearBreakers(page: SharedArrayBuffer, workerIndex: number): void {
  new Int32Array(page).fill(0, workerIndex * PER_WORKER, (workerIndex + 1) * PER_WORKER);
}
