import { readTrace, readTracesSince, searchTraces, TELEMETRY_CHANNELS } from "@sluice/telemetry";
import { tracked } from "@trpc/server";
import { z } from "zod";
import { telemetryProcedure } from "../trpc.ts";
import { feed } from "./feed.ts";
import { sequenceCursor, traceCursor, traceFilterInput } from "./live-input.ts";

export const traceProcedures = {
  /** Traces as their spans arrive; one that grows comes again. */
  traceTail: telemetryProcedure
    .input(z.object({ filter: traceFilterInput, lastEventId: sequenceCursor.nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const { services } = ctx;
      const stop = signal ?? AbortSignal.abort();
      let after = input.lastEventId ?? undefined;
      const tails = feed(
        {
          hub: services.hub,
          channels: [TELEMETRY_CHANNELS.traces],
          signal: stop,
          log: services.log,
          intervalMinMs: 500,
        },
        () =>
          readTracesSince(services.sql, {
            filter: input.filter,
            limit: 100,
            ...(after === undefined ? {} : { after }),
          }),
      );
      for await (const tail of tails) {
        after = tail.cursor;
        yield tracked(tail.cursor, tail);
      }
    }),

  searchTraces: telemetryProcedure
    .input(
      z.object({
        filter: traceFilterInput,
        cursor: traceCursor.nullish(),
        limit: z.number().int().min(1).max(500).default(100),
      }),
    )
    .query(({ ctx, input }) =>
      searchTraces(ctx.services.sql, {
        filter: input.filter,
        limit: input.limit,
        ...(input.cursor == null ? {} : { before: input.cursor }),
      }),
    ),

  /** All stored spans; empty when there are none. */
  trace: telemetryProcedure
    .input(z.object({ traceId: z.string().regex(/^[0-9a-fA-F]{1,64}$/) }))
    .query(({ ctx, input }) => readTrace(ctx.services.sql, input.traceId)),
};
