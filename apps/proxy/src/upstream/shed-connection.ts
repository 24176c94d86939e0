import type { ClusterInfo } from "../cluster/thread-local-cluster.ts";

/**
 * Whether the connection that someone is about to wait for is shed (load-shed point `connection_pool_new_connection`); counted as
 * Envoy's pools count one that waits and is refused at once.
 */
export function shedConnection({ shedsConnection, stats }: ClusterInfo): boolean {
  if (shedsConnection?.() !== true) return false;
  stats.upstreamRqPendingTotal.inc();
  stats.upstreamRqCancelled.inc();
  return true;
}
