import type { NodeContext } from "./record-node-events.ts";

/** A replica that was silent for so long is taken for dead, and its nodes for disconnected. Beat at a third of it. */
export const REPLICA_LEASE_MS = 15_000;

/** Says that a control replica lives. `replica`: unique per process start. */
export async function heartbeatReplica(context: NodeContext, replica: string): Promise<void> {
  throw new Error("being built");
}

/** At orderly shutdown: its nodes are disconnected now, not after the lease. */
export async function releaseReplica(context: NodeContext, replica: string): Promise<void> {
  throw new Error("being built");
}
