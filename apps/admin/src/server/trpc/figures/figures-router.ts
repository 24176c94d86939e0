import { readTopScopes, summarize, TELEMETRY_CHANNELS } from "@sluice/telemetry";
import { z } from "zod";
import { feed } from "../telemetry/feed.ts";
import { sharedReads } from "../telemetry/shared-read.ts";
import { router, telemetryProcedure } from "../trpc.ts";

/** What one row of a list shows of its traffic, over the last `WINDOW_SECONDS`. */
export interface Figure {
  readonly name: string;
  readonly requestsPerSecond: number;
  /** 0…1. */
  readonly successRate: number | undefined;
  readonly p95Ms: number | undefined;
}

const WINDOW_SECONDS = 10;
const SCOPES_MAX = 2_000;
const SHARED_MS = 200;

export const figuresRouter = router({
  /** Every scope of a kind that had traffic just now; those that are left out had none. */
  watch: telemetryProcedure
    .input(z.object({ kind: z.enum(["listener", "host", "cluster"]) }))
    .subscription(async function* ({ ctx, input: { kind }, signal }) {
      const { hub, log, sql } = ctx.services;
      yield* feed(
        { hub, log, channels: [TELEMETRY_CHANNELS.stats], signal: signal ?? AbortSignal.abort() },
        () =>
          sharedReads.read(`figures.${kind}`, SHARED_MS, async (): Promise<readonly Figure[]> => {
            const windows = await readTopScopes(sql, {
              kind,
              limit: SCOPES_MAX,
              windowSeconds: WINDOW_SECONDS,
            });
            return windows.map(({ scope, measures, seconds }) => {
              const { requestsPerSecond, successRate, p95Ms } = summarize(measures, seconds);
              return { name: scope.name, requestsPerSecond, successRate, p95Ms };
            });
          }),
      );
    }),
});
