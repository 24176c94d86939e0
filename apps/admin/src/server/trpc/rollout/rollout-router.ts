import { abortRollout, pauseRollout, promoteRollout, resumeRollout, rolloutHistory } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";
import { rolloutTraffic } from "./rollout-traffic.ts";

const id = z.number().int().positive();
const steerInput = z.object({ rollout: id, reason: z.string().trim().min(1).max(2_000).optional() });

/** What happened in a rollout, how its nodes fare, and steering it by hand. Its state is `version.rolloutStatus`. */
export const rolloutRouter = router({
  history: procedure
    .input(z.object({ rollout: id }))
    .query(({ ctx, input }) => rolloutHistory(ctx.config, input.rollout)),
  traffic: procedure
    .input(z.object({ rollout: id }))
    .query(({ ctx, input }) => rolloutTraffic(ctx.config, input.rollout)),
  pause: procedure.input(steerInput).mutation(({ ctx, input }) => pauseRollout(ctx.config, input)),
  resume: procedure.input(steerInput).mutation(({ ctx, input }) => resumeRollout(ctx.config, input)),
  promote: procedure
    .input(steerInput.extend({ to: z.enum(["all", "next"]).optional() }))
    .mutation(({ ctx, input }) => promoteRollout(ctx.config, input)),
  abort: procedure.input(steerInput).mutation(({ ctx, input }) => abortRollout(ctx.config, input)),
});
