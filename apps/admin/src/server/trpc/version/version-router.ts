import {
  CHANNELS,
  diffVersions,
  getVersion,
  listRollouts,
  listVersions,
  liveVersion,
  publish,
  rollback,
  rolloutStatus,
  versionResources,
} from "@sluice/config";
import { tracked } from "@trpc/server";
import { z } from "zod";
import { kindInput } from "../draft/draft-inputs.ts";
import { groupName, strategyInput } from "../rollout/strategy-input.ts";
import { feed } from "../telemetry/feed.ts";
import { procedure, readProcedure, router } from "../trpc.ts";

const number = z.number().int().positive();
const RECHECK_MS = 2_000;

/** What was published, and what the nodes made of it. */
export const versionRouter = router({
  list: procedure
    .input(
      z.object({
        before: number.optional(),
        limit: z.number().int().min(1).max(500).optional(),
        search: z.string().max(200).optional(),
        /** As `before`, under the name that infinite lists use. */
        cursor: number.nullish(),
      }),
    )
    .query(({ ctx, input: { cursor, before = cursor ?? undefined, limit, search } }) =>
      listVersions(ctx.config, {
        search,
        ...(before === undefined ? {} : { before }),
        ...(limit === undefined ? {} : { limit }),
      }),
    ),
  get: procedure.input(z.object({ number })).query(({ ctx, input }) => getVersion(ctx.config, input.number)),
  live: procedure.query(async ({ ctx }) => (await liveVersion(ctx.config))?.version),
  resources: procedure
    .input(z.object({ number, kind: kindInput.optional() }))
    .query(({ ctx, input }) => versionResources(ctx.config, input.number, input.kind)),
  diff: procedure
    .input(z.object({ before: number, after: number }))
    .query(({ ctx, input }) => diffVersions(ctx.config, input.before, input.after)),
  publish: procedure
    .input(
      z.object({
        message: z.string().max(10_000),
        expectedDraftHash: z.string().max(200).optional(),
        group: groupName.optional(),
        strategy: strategyInput.optional(),
        override: z.object({ reason: z.string().max(2_000) }).optional(),
      }),
    )
    .mutation(({ ctx, input }) => publish(ctx.config, input)),
  rollback: procedure
    .input(
      z.object({
        version: number,
        expectedLive: number.optional(),
        group: groupName.optional(),
        strategy: strategyInput.optional(),
        reason: z.string().max(2_000).optional(),
      }),
    )
    .mutation(({ ctx, input }) => rollback(ctx.config, input)),
  rollouts: procedure
    .input(
      z
        .object({
          limit: z.number().int().min(1).max(500).optional(),
          before: number.optional(),
          group: groupName.optional(),
        })
        .optional(),
    )
    .query(({ ctx, input }) => listRollouts(ctx.config, input)),
  rolloutStatus: procedure
    .input(z.object({ rollout: number.optional() }).optional())
    .query(({ ctx, input }) => rolloutStatus(ctx.config, input?.rollout)),
  /** A rollout's progress: its state now, then after each change at a node. Ends when it is superseded. */
  watchRollout: readProcedure
    .input(z.object({ rollout: number, lastEventId: z.string().nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const { hub, log } = ctx.services;
      const statuses = feed(
        {
          hub,
          log,
          channels: [CHANNELS.node, CHANNELS.rollout],
          signal: signal ?? AbortSignal.abort(),
          heartbeatMs: RECHECK_MS,
          intervalMinMs: 20,
        },
        () => rolloutStatus(ctx.config, input.rollout),
      );
      let sent = "";
      let id = 0;
      for await (const status of statuses) {
        const text = JSON.stringify(status);
        if (text !== sent) yield tracked(`${input.rollout}.${id++}`, status);
        sent = text;
        if (status.superseded) return;
      }
    }),
});
