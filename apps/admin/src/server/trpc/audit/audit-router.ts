import { listAudit } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";

export const auditRouter = router({
  list: procedure
    .input(
      z.object({
        /** The last id of the page before. */
        cursor: z.number().int().positive().nullish(),
        limit: z.number().int().min(1).max(500).optional(),
        actor: z.string().max(200).optional(),
        action: z.string().max(200).optional(),
        subject: z.string().max(200).optional(),
      }),
    )
    .query(({ ctx, input }) =>
      listAudit(ctx.config, {
        limit: input.limit ?? 100,
        ...(input.cursor ? { before: input.cursor } : {}),
        ...(input.actor ? { actor: input.actor } : {}),
        ...(input.action ? { action: input.action } : {}),
        ...(input.subject ? { subject: input.subject } : {}),
      }),
    ),
});
