import { Slot } from "../stats/slot-pages.ts";

const PER_WORKER = 2;

/** Requests that a cluster did not take, in one worker; only load reports tell of them, `/stats` does not. */
export interface ClusterDrops {
  /** By circuit breakers, maintenance mode or `drop_overloads`. */
  readonly all: Slot;
  /** Of these, by `drop_overloads`. */
  readonly byOverload: Slot;
}

/** Room for one cluster's drops in all workers. */
export function clusterDropsPage(concurrency: number): SharedArrayBuffer {
  return new SharedArrayBuffer(concurrency * PER_WORKER * Float64Array.BYTES_PER_ELEMENT);
}

/** A worker's view of a cluster's page. */
export function clusterDrops(page: SharedArrayBuffer, workerIndex: number): ClusterDrops {
  const slots = new Float64Array(page);
  const base = workerIndex * PER_WORKER;
  return { all: new Slot(slots, base), byOverload: new Slot(slots, base + 1) };
}

/** Of all workers. */
export function sumClusterDrops(page: SharedArrayBuffer): {
  readonly all: number;
  readonly byOverload: number;
} {
  const slots = new Float64Array(page);
  let all = 0;
  let byOverload = 0;
  for (let base = 0; base < slots.length; base += PER_WORKER) {
    all += slots[base] ?? 0;
    byOverload += slots[base + 1] ?? 0;
  }
  return { all, byOverload };
}
