import { changeSettings, finishSetup, getSettings, setupOpen } from "@sluice/config";
import { z } from "zod";
import { readAbout, readLicences } from "../../about/about.ts";
import { procedure, readProcedure, router } from "../trpc.ts";

const text = z.string().max(2_000);
const count = z.number().int();

/** What holds for the whole appliance, and what it is. */
export const settingsRouter = router({
  get: procedure.query(({ ctx }) => getSettings(ctx.config)),
  change: procedure
    .input(
      z.object({
        name: text.optional(),
        baseUrl: text.optional(),
        timeZone: text.optional(),
        figuresDays: count.optional(),
        requestsHours: count.optional(),
        requestsMax: count.optional(),
        tracesHours: count.optional(),
        tracesMax: count.optional(),
      }),
    )
    .mutation(({ ctx, input }) => changeSettings(ctx.config, input)),
  /** Whether the first-run guide is to be offered. */
  setupOpen: procedure.query(({ ctx }) => setupOpen(ctx.config)),
  finishSetup: procedure.mutation(({ ctx }) => finishSetup(ctx.config)),
  about: readProcedure.query(({ ctx }) => readAbout(ctx.services)),
  licences: readProcedure.query(() => readLicences()),
});
