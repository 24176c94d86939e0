import type { NodeStatusInit } from "@sluice/xds/client";
import type { Server } from "../server/server.ts";

const CONNECTIONS = /^listener\..*\.downstream_cx_active$/;
const OF_ONE_WORKER = /\.worker_\d+\./;

/** How this node is, for its control plane. Connections are counted while it drains: then somebody waits for the last of them. */
export function nodeStatus(server: Server): NodeStatusInit {
  const healthCheckFailed = server.drain.healthCheckFailed;
  const listenersStopped = server.listeners.stopped;
  return {
    state: server.readiness,
    healthCheckFailed,
    listenersStopped,
    logLevel: server.log.level,
    startedAtMs: BigInt(server.startedAt),
    connections: healthCheckFailed || listenersStopped ? openConnections(server) : 0n,
  };
}

function openConnections(server: Server): bigint {
  let open = 0;
  for (const { name, value } of server.stats.scalars(false))
    if (CONNECTIONS.test(name) && !OF_ONE_WORKER.test(name)) open += value;
  return BigInt(open);
}
