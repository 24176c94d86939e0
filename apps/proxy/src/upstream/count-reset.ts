import type { ClusterStats } from "../cluster/thread-local-cluster.ts";
import type { StreamResetReason } from "../http/codec.ts";

/** Counts a stream of a multiplexed connection that ended early, by who ended it. HTTP/1 has no resets to count. */
export function countReset(stats: ClusterStats, reason: StreamResetReason): void {
  switch (reason) {
    case "remote reset":
      stats.upstreamRqRxReset.inc();
      return;
    case "connection termination":
      stats.upstreamRqPendingFailureEject.inc();
      return;
    case "local reset":
    case "protocol error":
      stats.upstreamRqTxReset.inc();
      return;
    default:
  }
}
