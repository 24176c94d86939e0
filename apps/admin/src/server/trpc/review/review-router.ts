import { dryRunDraft } from "@sluice/config";
import { procedure, router } from "../trpc.ts";
import { impactNow } from "./impact-figures.ts";

/** What a publisher should know before publishing. */
export const reviewRouter = router({
  impact: procedure.query(({ ctx }) => impactNow(ctx.config, ctx.services)),
  dryRun: procedure.query(({ ctx }) => dryRunDraft(ctx.config)),
});
