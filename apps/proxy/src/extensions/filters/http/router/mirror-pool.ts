import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import { RequestStreamInfo } from "../../../../stream-info/request-stream-info.ts";
import { type FilteredCallbacks, FilteredPool } from "../../../../upstream/filtered-exchange.ts";
import { httpPoolOf } from "../../../../upstream/host-pools.ts";
import type { HttpPool } from "../../../../upstream/http-pool.ts";
import type { ExchangeInit } from "./exchange-init.ts";

/**
 * Where a copy goes, through the filters of its cluster or else the router's. To them the copy is a request of its own, on no
 * route.
 */
export function mirrorPool(
  { config, stream }: ExchangeInit,
  info: ClusterInfo,
  host: Host,
  callbacks: FilteredCallbacks,
): HttpPool {
  const { clock, timers, random } = config.worker;
  const pool = httpPoolOf(info, host, false, clock, timers);
  const chain = info.policies?.filters ?? config.upstreamFilters;
  if (chain === undefined) return pool;
  const { streamId, connection } = stream;
  const streamInfo = new RequestStreamInfo(clock.wallMs(), clock.nowMs());
  const copy = {
    streamId,
    streamInfo,
    connection,
    clock,
    timers,
    random,
    route: () => undefined,
    refuseReuse: () => {},
  };
  return new FilteredPool(pool, chain, copy, callbacks);
}
