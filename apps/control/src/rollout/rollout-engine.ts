import { advanceProbes, advanceRollouts, CHANNELS, type Compare } from "@sluice/config";
import type { Database, NotificationBus, Sql } from "@sluice/database";
import { LeasedLoop } from "../server/leased-loop.ts";
import type { ProbeSender } from "./probe-sender.ts";

export interface RolloutEngineOptions {
  readonly context: { readonly db: Database; readonly sql: Sql; readonly now: () => Date };
  readonly bus: NotificationBus;
  /** Unique per process start. */
  readonly replica: string;
  readonly compare: Compare;
  /** For nodes that take no orders. */
  readonly probes: Pick<ProbeSender, "room" | "send">;
  readonly onTrouble: (error: unknown) => void;
}

const PAUSE_MS = 100;
/** A thousand nodes that acknowledge at once are looked at together, when most of them have. */
const GATHER_NODES_MS = 500;

/** Sends synthetic requests and moves the rollouts on, while this replica holds the lease for it; at each notification and every second. */
export function createRolloutEngine(options: RolloutEngineOptions): LeasedLoop {
  const { context, compare, probes, ...rest } = options;
  return new LeasedLoop({
    ...rest,
    context,
    work: "rollouts",
    leaseMs: 5_000,
    tickMs: 1_000,
    deadlineMs: 15_000,
    channels: [
      [CHANNELS.rollout, PAUSE_MS],
      [CHANNELS.node, GATHER_NODES_MS],
      [CHANNELS.order, GATHER_NODES_MS],
    ],
    what: "moving rollouts on",
    round: async () => {
      for (const request of await advanceProbes(context, probes.room)) probes.send(request);
      await advanceRollouts(context, compare);
      return false;
    },
  });
}
