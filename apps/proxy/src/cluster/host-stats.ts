import type { Histogram } from "@sluice/extension-api";
import { Slot } from "../stats/slot-pages.ts";
import type { HostSpec } from "./cluster-config.ts";
import type { HostStats } from "./thread-local-cluster.ts";

/** Slots of one host in one worker, in this order. */
export const HOST_SLOTS = [
  "cx_total",
  "cx_active",
  "cx_connect_fail",
  "rq_total",
  "rq_success",
  "rq_error",
  "rq_timeout",
  "rq_active",
  "rq_pending_active",
] as const;
export type HostSlot = (typeof HOST_SLOTS)[number];

/** What stands for a host in the names of its own stats (`per_endpoint_stats`). */
export function endpointStatName({ observabilityName, address }: HostSpec): string {
  return observabilityName ?? address;
}

/** Room for one host's figures in all workers. */
export function hostStatsPage(concurrency: number): SharedArrayBuffer {
  return new SharedArrayBuffer(concurrency * HOST_SLOTS.length * 8);
}

/** A worker's view of a host's page. */
export function hostStats(page: SharedArrayBuffer, workerIndex: number, rqTime?: Histogram): HostStats {
  const slots = new Float64Array(page);
  const base = workerIndex * HOST_SLOTS.length;
  return {
    cxTotal: new Slot(slots, base),
    cxActive: new Slot(slots, base + 1),
    cxConnectFail: new Slot(slots, base + 2),
    rqTotal: new Slot(slots, base + 3),
    rqSuccess: new Slot(slots, base + 4),
    rqError: new Slot(slots, base + 5),
    rqTimeout: new Slot(slots, base + 6),
    rqActive: new Slot(slots, base + 7),
    rqPendingActive: new Slot(slots, base + 8),
    rqTime,
    connectionsOfAllWorkers: () => sumSlots(slots, 1),
  };
}

/** Stats of a host that nobody reads. */
export function discardingHostStats(): HostStats {
  return hostStats(hostStatsPage(1), 0);
}

/** A figure summed over all workers. */
export function sumHostSlot(page: SharedArrayBuffer, slot: HostSlot): number {
  return sumSlots(new Float64Array(page), HOST_SLOTS.indexOf(slot));
}

function sumSlots(slots: Float64Array, first: number): number {
  let sum = 0;
  for (let index = first; index < slots.length; index += HOST_SLOTS.length) sum += slots[index] ?? 0;
  return sum;
}

/** An ended worker has no active connections or requests. */
export function clearHostGauges(page: SharedArrayBuffer, workerIndex: number): void {
  const slots = new Float64Array(page);
  slots[workerIndex * HOST_SLOTS.length + 1] = 0;
  slots[workerIndex * HOST_SLOTS.length + 7] = 0;
  slots[workerIndex * HOST_SLOTS.length + 8] = 0;
}
