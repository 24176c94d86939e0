import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { ForwardAction } from "../../../../route/route-entry.ts";
import { httpPoolFor, type PoolUser } from "../../../../upstream/host-pools.ts";
import type { HttpPool } from "../../../../upstream/http-pool.ts";
import { TcpPool } from "../../../../upstream/tcp-pool.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";

/** Where a request goes: to the host's HTTP pool or, where a CONNECT ends here, to a connection of its own. Undefined: no more pools may be made. */
export function poolFor(
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
