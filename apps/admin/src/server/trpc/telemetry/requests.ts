import { readRequest, readRequestsSince, searchRequests, TELEMETRY_CHANNELS } from "@sluice/telemetry";
import { TRPCError, tracked } from "@trpc/server";
import { z } from "zod";
import { telemetryProcedure } from "../trpc.ts";
import { feed } from "./feed.ts";
import { requestFilterInput, sequenceCursor } from "./live-input.ts";
import { sharedReads } from "./shared-read.ts";

const TAIL_ROWS = 300;

export const requestProcedures = {
  /** Requests as they are stored, oldest first; at first the newest ones. Goes on after a gap where it stopped. */
  requestTail: telemetryProcedure
    .input(z.object({ filter: requestFilterInput, lastEventId: sequenceCursor.nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const { services } = ctx;
      const stop = signal ?? AbortSignal.abort();
      let after = input.lastEventId ?? undefined;
      const question = JSON.stringify(input.filter);
      const tails = feed(
        {
          hub: services.hub,
          channels: [TELEMETRY_CHANNELS.requests],
          signal: stop,
          log: services.log,
          intervalMinMs: 250,
        },
        () =>
          sharedReads.read(`requests/${question}/${after}`, 150, () =>
            readRequestsSince(services.sql, {
              filter: input.filter,
              limit: TAIL_ROWS,
              ...(after === undefined ? {} : { after }),
            }),
          ),
      );
      for await (const tail of tails) {
        after = tail.cursor;
        yield tracked(tail.cursor, tail);
      }
    }),

  searchRequests: telemetryProcedure
    .input(
      z.object({
        filter: requestFilterInput,
        cursor: sequenceCursor.nullish(),
        limit: z.number().int().min(1).max(1_000).default(200),
      }),
    )
    .query(({ ctx, input }) =>
      searchRequests(ctx.services.sql, {
        filter: input.filter,
        limit: input.limit,
        ...(input.cursor == null ? {} : { before: input.cursor }),
      }),
    ),

  request: telemetryProcedure.input(z.object({ id: z.string().max(40) })).query(async ({ ctx, input }) => {
    const found = await readRequest(ctx.services.sql, input.id);
    if (found === undefined)
      throw new TRPCError({ code: "NOT_FOUND", message: "This request is not stored any more." });
    return found;
  }),
};
