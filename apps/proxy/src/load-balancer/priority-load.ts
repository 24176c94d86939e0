import type { HostSet } from "./host-set.ts";

/** Percent of requests for each priority's healthy and degraded hosts; together they are 100. */
export interface PriorityLoads {
  readonly healthy: readonly number[];
  readonly degraded: readonly number[];
}

/** How well each priority is: percent of its hosts, times the overprovisioning factor, at most 100. */
export interface PriorityAvailability {
  readonly healthy: readonly number[];
  readonly degraded: readonly number[];
}

export interface PriorityState {
  readonly loads: PriorityLoads;
  readonly availability: PriorityAvailability;
  /** Too few hosts are left: health is ignored in this priority. */
  readonly panic: readonly boolean[];
}

/** What every priority gets. `panicThreshold`: percent of usable hosts; 0 turns panic off. */
export function computePriorityState(sets: readonly HostSet[], panicThreshold: number): PriorityState {
  const availability = {
    healthy: sets.map((set) => availabilityOf(set, "healthy")),
    degraded: sets.map((set) => availabilityOf(set, "degraded")),
  };
  const total = totalAvailability(availability);
  const panic = sets.map((set) => total < 100 && isInPanic(set, panicThreshold));
  const everywhere = panic.every((each) => each);
  const loads =
    everywhere && (total > 0 || panicThreshold > 0) ? panicLoads(sets) : distributePriorityLoad(availability);
  return { loads, availability, panic };
}

/** By availability, the higher priorities first; what rounding leaves goes to the first that can take it. */
export function distributePriorityLoad(availability: PriorityAvailability): PriorityLoads {
  const total = totalAvailability(availability);
  // Nothing can serve: the first priority is asked and has no host to give.
  if (total === 0) return firstTakesAll(availability.healthy.length);
  const healthy = share(availability.healthy, 100, total);
  const left = 100 - sum(healthy);
  const degraded = share(availability.degraded, left, total);
  const rest = left - sum(degraded);
  if (rest > 0) {
    const firstHealthy = availability.healthy.findIndex((each) => each > 0);
    const target = firstHealthy >= 0 ? healthy : degraded;
    const at = firstHealthy >= 0 ? firstHealthy : availability.degraded.findIndex((each) => each > 0);
    target[at] = (target[at] ?? 0) + rest;
  }
  return { healthy, degraded };
}

/** So few usable hosts that all are used. */
export function isInPanic(set: HostSet, panicThreshold: number): boolean {
  const count = set.hosts.length - set.excludedCount;
  const usable = count === 0 ? 0 : (100 * (set.healthy.length + set.degraded.length)) / count;
  return usable < panicThreshold;
}

function availabilityOf(set: HostSet, health: "healthy" | "degraded"): number {
  const { overprovisioningFactor, weightedPriorityHealth } = set.policy;
  let part = set[health].length;
  let whole = set.hosts.length - set.excludedCount;
  if (weightedPriorityHealth) {
    part = set[health].reduce((all, host) => all + host.weight, 0);
    whole = set.hosts.reduce((all, host) => all + (host.excluded ? 0 : host.weight), 0);
  }
  return whole === 0 ? 0 : Math.min(100, Math.floor((overprovisioningFactor * part) / whole));
}

function totalAvailability({ healthy, degraded }: PriorityAvailability): number {
  return Math.min(100, sum(healthy) + sum(degraded));
}

function share(availability: readonly number[], load: number, total: number): number[] {
  let left = load;
  return availability.map((each) => {
    const given = Math.min(left, Math.floor((each * 100) / total));
    left -= given;
    return given;
  });
}

/** Every priority is in panic: load goes by the number of hosts, whatever their health. */
function panicLoads(sets: readonly HostSet[]): PriorityLoads {
  const total = sum(sets.map((set) => set.hosts.length));
  if (total === 0) return firstTakesAll(sets.length);
  const healthy = sets.map((set) => Math.floor((100 * set.hosts.length) / total));
  const first = sets.findIndex((set) => set.hosts.length > 0);
  healthy[first] = (healthy[first] ?? 0) + 100 - sum(healthy);
  return { healthy, degraded: sets.map(() => 0) };
}

function firstTakesAll(priorities: number): PriorityLoads {
  const healthy = new Array<number>(priorities).fill(0);
  healthy[0] = 100;
  return { healthy, degraded: new Array<number>(priorities).fill(0) };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
