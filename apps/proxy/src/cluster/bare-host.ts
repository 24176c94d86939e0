import type { HostSpec } from "./cluster-config.ts";
import { hostStatsPage } from "./host-stats.ts";

/** A healthy host of which nothing is known but its address, which is its key, too. `concurrency`: threads that count for it. */
export function bareHost(address: string, connectTo: HostSpec["connectTo"], concurrency: number): HostSpec {
  return {
    key: address,
    address,
    connectTo,
    hostname: "",
    weight: 1,
    priority: 0,
    region: "",
    zone: "",
    subZone: "",
    localityWeight: 0,
    metadata: undefined,
    health: "healthy",
    excluded: false,
    edsHealth: "HEALTHY",
    page: hostStatsPage(concurrency),
  };
}
