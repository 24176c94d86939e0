import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { ForwardAction } from "../../../../route/route-entry.ts";
import { FilteredPool } from "../../../../upstream/filtered-exchange.ts";
import { httpPoolFor, type PoolUser } from "../../../../upstream/host-pools.ts";
import type { HttpPool } from "../../../../upstream/http-pool.ts";
import { TcpPool } from "../../../../upstream/tcp-pool.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import type { ExchangeInit } from "./exchange-init.ts";

/** Where a try goes, through its upstream filters where there are any: to the host's HTTP pool or, where a CONNECT ends here, to a connection of its own. Undefined: no more pools may be made. */
export function poolFor(
  init: Pick<ExchangeInit, "forward" | "config" | "stream" | "callbacks">,
  info: ClusterInfo,
  host: Host,
  user: PoolUser & { readonly requestHeaders: Headers },
): HttpPool | undefined {
  const pool = unfilteredPool(init.forward, info, host, user, init.config.worker);
  const chain = info.policies?.filters ?? init.config.upstreamFilters;
  if (pool === undefined || chain === undefined) return pool;
  return new FilteredPool(pool, chain, init.stream, init.callbacks);
}

function unfilteredPool(
  forward: ForwardAction,
  info: ClusterInfo,
  host: Host,
  user: PoolUser & { readonly requestHeaders: Headers },
  worker: WorkerContext,
): HttpPool | undefined {
  const { connect } = forward;
  if (connect !== undefined) {
    const method = user.requestHeaders.get(":method");
    if (method === "CONNECT" || (method === "POST" && connect.allowsPost))
      return new TcpPool(info, host, user, worker, connect.preamble);
  }
  return httpPoolFor(info, host, user, worker);
}
