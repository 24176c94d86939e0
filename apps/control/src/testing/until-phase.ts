import { type Context, type RolloutStatus, rolloutStatus } from "@sluice/config";
import { waitFor } from "@sluice/harness";

const DEADLINE = { deadlineMs: 60_000 };

/** Resolves with the rollout's status in that phase; fails after a minute, with where it stood. */
export async function untilPhase(
  context: Context,
  rollout: number,
  phase: RolloutStatus["progress"]["phase"],
): Promise<RolloutStatus> {
  return await waitFor(
    `rollout ${rollout} to be ${phase}`,
    async () => {
      const status = await rolloutStatus(context, rollout);
      if (status.progress.phase === phase) return status;
      throw new Error(JSON.stringify({ progress: status.progress, nodes: status.nodes }));
    },
    DEADLINE,
  );
}
