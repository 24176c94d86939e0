import { type Context, type RolloutComparison, rolloutStatus } from "@sluice/config";
import { compareNodes } from "@sluice/telemetry";

export interface RolloutTraffic {
  /** Nodes that run the new version, and nodes of the same group that run the old one. */
  readonly newer: number;
  readonly older: number;
  /** As the rollout itself would judge now; by the default rule where it compares nothing. */
  readonly comparison: RolloutComparison;
}

const RULE = { requestsMin: 100, errorRateRise: 0.01, latencyFactor: 1.5 };

/** New nodes against old ones since the present step began. */
export async function rolloutTraffic(context: Context, id: number): Promise<RolloutTraffic> {
  const { rollout, progress, nodes } = await rolloutStatus(context, id);
  const connected = nodes.filter(({ sync }) => sync !== "disconnected");
  const newer = connected.filter(({ selected }) => selected).map((node) => node.id);
  const older = connected.filter(({ selected }) => !selected).map((node) => node.id);
  const comparison = await compareNodes(context.sql, {
    newer,
    older,
    from: progress.since,
    to: context.now(),
    startedAt: rollout.createdAt,
    rule: rollout.strategy.compare ?? RULE,
  });
  return { newer: newer.length, older: older.length, comparison };
}
