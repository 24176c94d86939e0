import type { CircuitBreakers } from "@sluice/xds/gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { Resource, ResourceLimits } from "./thread-local-cluster.ts";

/** Limits of one priority; Envoy's defaults 1024, 1024, 1024, 3. */
export interface Thresholds {
  readonly connections: number;
  readonly pendingRequests: number;
  readonly requests: number;
  readonly retries: number;
}

/** In shared memory: per worker, the default priority's four counts, then the high priority's. */
const RESOURCES = ["connections", "pendingRequests", "requests", "retries"] as const;
const PER_WORKER = 2 * RESOURCES.length;
/** Names of the `…_open` gauges, in the order of `RESOURCES`. */
export const OPEN_GAUGES = ["cx_open", "rq_pending_open", "rq_open", "rq_retry_open"] as const;

export function thresholdsOf(
  breakers: CircuitBreakers | undefined,
  priority: "default" | "high",
): Thresholds {
  const found = breakers?.thresholds.find((each) => (each.priority === 1 ? "high" : "default") === priority);
  return {
    connections: found?.maxConnections ?? 1024,
    pendingRequests: found?.maxPendingRequests ?? 1024,
    requests: found?.maxRequests ?? 1024,
    retries: found?.maxRetries ?? 3,
  };
}

export function circuitBreakerPage(concurrency: number): SharedArrayBuffer {
  return new SharedArrayBuffer(concurrency * PER_WORKER * 4);
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
    const slots = this.#slots;
    let sum = 0;
    for (let index = this.#first; index < slots.length; index += PER_WORKER) sum += slots[index] ?? 0;
    if (sum >= this.#limit) return false;
    slots[this.#own] = (slots[this.#own] ?? 0) + 1;
    return true;
  }
  release(): void {
    this.#slots[this.#own] = (this.#slots[this.#own] ?? 0) - 1;
  }
}

export function resourceLimits(
  page: SharedArrayBuffer,
  workerIndex: number,
  priority: "default" | "high",
  thresholds: Thresholds,
): ResourceLimits {
  const slots = new Int32Array(page);
  const base = priority === "high" ? RESOURCES.length : 0;
  const resource = (index: number, limit: number): Resource =>
    new SharedResource(slots, workerIndex, base + index, limit);
  return {
    connections: resource(0, thresholds.connections),
    pendingRequests: resource(1, thresholds.pendingRequests),
    requests: resource(2, thresholds.requests),
    retries: resource(3, thresholds.retries),
  };
}

/** Which limits are reached now, in the order of `OPEN_GAUGES`. */
export function openBreakers(
  page: SharedArrayBuffer,
  priority: "default" | "high",
  thresholds: Thresholds,
): readonly boolean[] {
  const slots = new Int32Array(page);
  const base = priority === "high" ? RESOURCES.length : 0;
  return RESOURCES.map((name, resource) => {
    let sum = 0;
    for (let index = base + resource; index < slots.length; index += PER_WORKER) sum += slots[index] ?? 0;
    return sum >= thresholds[name];
  });
}

/** Gives back what an ended worker held. */
export function clearBreakers(page: SharedArrayBuffer, workerIndex: number): void {
  new Int32Array(page).fill(0, workerIndex * PER_WORKER, (workerIndex + 1) * PER_WORKER);
}
