import { keyStatus, retireKey, rotateKeys } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

/** The keys that secrets at rest are sealed with; never the keys themselves. */
export const keysRouter = router({
  status: procedure.query(({ ctx }) => keyStatus(ctx.config)),
  rotate: procedure.mutation(({ ctx }) => rotateKeys(ctx.config)),
  retire: procedure
    .input(z.object({ id: z.string().min(1).max(64) }))
    .mutation(({ ctx, input }) => retireKey(ctx.config, input.id)),
});
