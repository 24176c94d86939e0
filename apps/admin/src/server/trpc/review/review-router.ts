import { dryRunDraft } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";
import { impactNow } from "./impact-figures.ts";

/** What a publisher should know before publishing. */
export const reviewRouter = router({
  impact: procedure
    .input(z.object({ limit: z.number().int().min(1).max(100_000).optional() }).optional())
    .query(({ ctx, input }) => impactNow(ctx.config, ctx.services, input)),
  dryRun: procedure.query(({ ctx }) => dryRunDraft(ctx.config)),
});
