import type { Clock, Timers } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../cluster/thread-local-cluster.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { HttpPool } from "./http-pool.ts";

/** A worker's pools for one host: one per priority, as the limits are. */
class HostPools {
  readonly info: ClusterInfo;
  default: ConnectionPool | undefined = undefined;
  high: ConnectionPool | undefined = undefined;

  constructor(info: ClusterInfo) {
    this.info = info;
  }

  drain(): void {
    this.default?.drain();
    this.high?.drain();
  }
}

/** The worker's pool for requests to a host; a cluster whose configuration changed gets a new one, the old one drains. */
export function httpPoolOf(
  info: ClusterInfo,
  host: Host,
  highPriority: boolean,
  clock: Clock,
  timers: Timers,
): HttpPool {
  const found = host.pool;
  let pools: HostPools;
  if (found instanceof HostPools && found.info === info) pools = found;
  else {
    drainHost(host);
    pools = new HostPools(info);
    host.pool = pools;
  }
  let pool = highPriority ? pools.high : pools.default;
  if (pool === undefined) {
    pool = new ConnectionPool(info, host, highPriority, clock, timers);
    if (highPriority) pools.high = pool;
    else pools.default = pool;
  }
  return pool;
}

/** A host has left its cluster, or its cluster has gone or changed. */
export function drainHost(host: Host): void {
  if (host.pool instanceof HostPools) host.pool.drain();
}
