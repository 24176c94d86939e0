import type { HostSpec } from "../cluster-config.ts";
import { HOST_SLOTS } from "../host-stats.ts";

/** A healthy host that says nothing of itself but its address, which is its key, too. */
export function testHostSpec(
  address: string,
  connectTo: HostSpec["connectTo"],
  given: Partial<HostSpec> = {},
): HostSpec {
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
    page: new SharedArrayBuffer(HOST_SLOTS.length * 8),
    ...given,
  };
}
