/** A replica that was silent for so long is taken for dead, and its nodes for disconnected. Beat at a third of it. */
export const REPLICA_LEASE_MS = 15_000;
