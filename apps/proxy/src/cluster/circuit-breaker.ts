import type { Clock, Runtime } from "@sluice/extension-api";
import { BREAKER_RESOURCES, BreakerLimits, RETRIES } from "./breaker-limits.ts";
import type { ClusterThresholds } from "./compile-circuit-breakers.ts";
import { RequestWindow, requestWindowBytes } from "./request-window.ts";
import type { CountedResource, Resource, ResourceLimits } from "./thread-local-cluster.ts";

// In shared memory: per worker, the default priority's counts, then the high priority's.
const PER_PRIORITY = BREAKER_RESOURCES.length;
const PER_WORKER = 2 * PER_PRIORITY;
/** Names of the gauges, in the order of `BREAKER_RESOURCES`. */
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

/** Behind the counts of all workers come the windows of retry budgets, where a priority has one with an interval. */
export function circuitBreakerPage(concurrency: number, thresholds: ClusterThresholds): SharedArrayBuffer {
  const windows = hasWindow(thresholds) ? requestWindowBytes(concurrency) : 0;
  return new SharedArrayBuffer(concurrency * PER_WORKER * 4 + windows);
}

const hasWindow = ({ default: usual, high }: ClusterThresholds): boolean =>
  [usual, high].some(({ retryBudget }) => (retryBudget?.intervalMs ?? 0) > 0);

/** The parts of a page. */
function partsOf(page: SharedArrayBuffer, thresholds: ClusterThresholds): readonly [Int32Array, Int32Array] {
  const words = page.byteLength / 4;
  const perWorker = PER_WORKER + (hasWindow(thresholds) ? requestWindowBytes(1) / 4 : 0);
  const counts = (words / perWorker) * PER_WORKER;
  return [new Int32Array(page, 0, counts), new Int32Array(page, counts * 4)];
}

/** Where a priority's counts begin. */
const baseOf = (priority: Priority): number => (priority === "high" ? PER_PRIORITY : 0);

/** Stands above a count from its first use on. */
const TOUCHED = 1 << 30;
const COUNT = TOUCHED - 1;

function sumOf(slots: Int32Array, first: number): number {
  let sum = 0;
  for (let index = first; index < slots.length; index += PER_WORKER) sum += (slots[index] ?? 0) & COUNT;
  return sum;
}

function isTouched(slots: Int32Array, first: number): boolean {
  for (let index = first; index < slots.length; index += PER_WORKER) if (slots[index] !== 0) return true;
  return false;
}

/**
 * One worker's handle on a count. Each worker writes its own slot and reads all, so a limit may be passed by as many as
 * there are workers that take the last one at the same instant, and a worker that dies leaves nothing behind.
 */
class SharedResource implements CountedResource {
  readonly #slots: Int32Array;
  readonly #own: number;
  readonly #first: number;
  readonly #resource: number;
  readonly #limits: BreakerLimits;

  constructor(slots: Int32Array, ownBase: number, base: number, resource: number, limits: BreakerLimits) {
    this.#slots = slots;
    this.#own = ownBase + resource;
    this.#first = base + resource;
    this.#resource = resource;
    this.#limits = limits;
  }
  tryAcquire(): boolean {
    if (sumOf(this.#slots, this.#first) >= this.#limits.of(this.#resource)) return false;
    this.take();
    return true;
  }
  take(): void {
    this.#slots[this.#own] = ((this.#slots[this.#own] ?? 0) + 1) | TOUCHED;
  }
  release(): void {
    this.#slots[this.#own] = (this.#slots[this.#own] ?? 0) - 1;
  }
}

/** Requests that a retry budget is a share of once they have begun. */
class BudgetedRequests extends SharedResource {
  readonly #window: RequestWindow;

  constructor(window: RequestWindow, ...counts: ConstructorParameters<typeof SharedResource>) {
    super(...counts);
    this.#window = window;
  }
  override take(): void {
    super.take();
    this.#window.note();
  }
}

/** With a `retry_budget` the limit moves with the requests. */
class SharedRetries implements Resource {
  readonly #counts: SharedResource;
  readonly #slots: Int32Array;
  readonly #base: number;
  readonly #limits: BreakerLimits;
  readonly #window: RequestWindow | undefined;

  constructor(
    counts: SharedResource,
    slots: Int32Array,
    base: number,
    limits: BreakerLimits,
    window: RequestWindow | undefined,
  ) {
    this.#window = window;
    this.#counts = counts;
    this.#slots = slots;
    this.#base = base;
    this.#limits = limits;
  }
  tryAcquire(): boolean {
    const used = sumOf(this.#slots, this.#base + RETRIES);
    const window = this.#window;
    const requests =
      window !== undefined && this.#limits.overInterval
        ? window.count()
        : activeRequests(this.#slots, this.#base);
    if (used >= this.#limits.retries(requests)) return false;
    this.#counts.take();
    return true;
  }
  release(): void {
    this.#counts.release();
  }
}

/** Those that wait and those that are under way. */
function activeRequests(slots: Int32Array, base: number): number {
  return sumOf(slots, base + 1) + sumOf(slots, base + 2);
}

/** A worker's view of a cluster's page. */
export function circuitBreakers(
  page: SharedArrayBuffer,
  workerIndex: number,
  cluster: { readonly name: string; readonly thresholds: ClusterThresholds },
  runtime: Runtime,
  clock: Clock,
): { readonly default: ResourceLimits; readonly high: ResourceLimits } {
  const [slots, windows] = partsOf(page, cluster.thresholds);
  const of = (priority: Priority): ResourceLimits => {
    const base = baseOf(priority);
    const thresholds = cluster.thresholds[priority];
    const limits = new BreakerLimits(cluster.name, priority, thresholds, runtime);
    const own = workerIndex * PER_WORKER + base;
    const resource = (index: number): SharedResource => new SharedResource(slots, own, base, index, limits);
    const intervalMs = thresholds.retryBudget?.intervalMs ?? 0;
    const window =
      intervalMs > 0
        ? new RequestWindow(windows, workerIndex, priority === "high", intervalMs, clock)
        : undefined;
    return {
      connections: resource(0),
      pendingRequests: resource(1),
      requests:
        window === undefined ? resource(2) : new BudgetedRequests(window, slots, own, base, 2, limits),
      retries: new SharedRetries(resource(RETRIES), slots, base, limits, window),
      connectionPools: resource(4),
      connectionsPerHost: thresholds.connectionsPerHost,
    };
  };
  return { default: of("default"), high: of("high") };
}

/** How a limit stands now. */
export interface Standing {
  readonly used: number;
  readonly limit: number;
  /** Something has been taken of it, now or before. */
  readonly touched: boolean;
}

/** In the order of the gauges. */
export function standingOf(
  page: SharedArrayBuffer,
  priority: Priority,
  thresholds: ClusterThresholds,
  limits: BreakerLimits,
): readonly Standing[] {
  const [slots] = partsOf(page, thresholds);
  const base = baseOf(priority);
  return BREAKER_RESOURCES.map((_names, resource) => ({
    used: sumOf(slots, base + resource),
    // As in Envoy: of retries, too, it is the fixed limit that is told, whatever a budget allows.
    limit: limits.of(resource),
    touched: isTouched(slots, base + resource),
  }));
}

/** Gives back what an ended worker held. */
export function clearBreakers(page: SharedArrayBuffer, workerIndex: number): void {
  new Int32Array(page).fill(0, workerIndex * PER_WORKER, (workerIndex + 1) * PER_WORKER);
}
