import { heartbeatReplica, type NodeContext, REPLICA_LEASE_MS, releaseReplica } from "@sluice/config";
import { withDeadline } from "../server/with-deadline.ts";

/** Says every few seconds that this replica lives; its nodes show as disconnected once it no longer does. */
export function holdReplicaLease(
  context: NodeContext,
  replica: string,
  onTrouble: (error: unknown) => void,
): { close(): Promise<void> } {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();
  const beat = () => {
    beating = withDeadline("the heartbeat", REPLICA_LEASE_MS / 3, heartbeatReplica(context, replica))
      .catch(onTrouble)
      .then(() => {
        if (!closed) timer = setTimeout(beat, REPLICA_LEASE_MS / 3);
      });
  };
  beat();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await beating;
      await withDeadline("giving the lease back", 2_000, releaseReplica(context, replica)).catch(onTrouble);
    },
  };
}
