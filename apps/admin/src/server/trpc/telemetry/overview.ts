import {
  CHANNELS,
  listNodes,
  listRollouts,
  listVersions,
  type NodeState,
  type Version,
} from "@sluice/config";
import {
  type Drops,
  readOverview,
  type ScopeWindow,
  type Summary,
  summarize,
  TELEMETRY_CHANNELS,
  type Window,
} from "@sluice/telemetry";
import { tracked } from "@trpc/server";
import { telemetryProcedure } from "../trpc.ts";
import { feed } from "./feed.ts";
import { resumable } from "./live-input.ts";
import { type Problem, rankProblems } from "./rank-problems.ts";
import { sharedReads } from "./shared-read.ts";

/** Figures of one scope, ready to show. */
export interface ScopeFigures {
  readonly name: string;
  readonly summary: Summary;
  readonly membersHealthy: number;
  readonly membersTotal: number;
}

export interface OverviewFrame {
  /** The server's clock. */
  readonly at: Date;
  /** When a node last reported; undefined when none ever did. */
  readonly asOf: Date | undefined;
  readonly now: Summary;
  readonly hourAgo: Summary | undefined;
  readonly nodes: readonly ScopeFigures[];
  readonly listeners: readonly ScopeFigures[];
  readonly clusters: readonly ScopeFigures[];
  readonly drops: Drops;
  readonly problems: readonly Problem[];
  readonly nodeStates: readonly NodeState[];
  /** Newest first, at most 5. */
  readonly versions: readonly Version[];
}

const ROWS_MAX = 50;
const SHARED_MS = 200;
const CHANGES = [TELEMETRY_CHANNELS.stats, CHANNELS.node, CHANNELS.rollout];

export const overviewProcedures = {
  /** The answer to "is all well?", again with every second's figures. */
  overview: telemetryProcedure.input(resumable).subscription(async function* ({ ctx, signal }) {
    const { services, config } = ctx;
    const stop = signal ?? AbortSignal.abort();
    const frames = feed({ hub: services.hub, channels: CHANGES, signal: stop, log: services.log }, () =>
      sharedReads.read("overview", SHARED_MS, async () => {
        const [overview, nodeStates, { versions }] = await Promise.all([
          readOverview(services.sql),
          listNodes(config),
          listVersions(config, { limit: 5 }),
        ]);
        const at = services.now();
        const { asOf, drops } = overview;
        return {
          at,
          asOf,
          now: summaryOf(overview.now),
          hourAgo: overview.hourAgo && summaryOf(overview.hourAgo),
          nodes: busiest(overview.nodes),
          listeners: busiest(overview.listeners),
          clusters: busiest(overview.clusters),
          drops,
          problems: rankProblems({ nodes: nodeStates, clusters: overview.clusters, asOf, drops, now: at }),
          nodeStates,
          versions,
        } satisfies OverviewFrame;
      }),
    );
    for await (const frame of frames)
      yield tracked(String(frame.at.getTime()), frame satisfies OverviewFrame);
  }),

  /** When which version went live, newest first: the marks on the charts. */
  rollouts: telemetryProcedure.input(resumable).subscription(async function* ({ ctx, signal }) {
    const { services, config } = ctx;
    const stop = signal ?? AbortSignal.abort();
    const options = { hub: services.hub, channels: [CHANNELS.rollout], signal: stop, log: services.log };
    for await (const rollouts of feed({ ...options, heartbeatMs: 10_000 }, () =>
      listRollouts(config, { limit: 200 }),
    ))
      yield tracked(String(rollouts[0]?.id ?? 0), rollouts);
  }),
};

function summaryOf({ measures, seconds }: Window): Summary {
  return summarize(measures, seconds);
}

function busiest(windows: readonly ScopeWindow[]): readonly ScopeFigures[] {
  return windows
    .map((window) => ({
      name: window.scope.name,
      summary: summaryOf(window),
      membersHealthy: window.measures.membersHealthy,
      membersTotal: window.measures.membersTotal,
    }))
    .toSorted(
      (left, right) =>
        right.summary.requestsPerSecond - left.summary.requestsPerSecond ||
        left.name.localeCompare(right.name),
    )
    .slice(0, ROWS_MAX);
}
