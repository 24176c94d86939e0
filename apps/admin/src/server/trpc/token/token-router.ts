import { z } from "zod";
import { createToken, listTokens, revokeToken } from "../../people/index.ts";
import { grantsInput } from "../role/grant-input.ts";
import { procedure, router } from "../trpc.ts";

/** What scripts sign in with. */
export const tokenRouter = router({
  list: procedure
    .input(z.object({ all: z.boolean().optional() }).optional())
    .query(({ ctx, input }) => listTokens(ctx.config, input)),
  create: procedure
    .input(
      z.object({
        name: z.string().max(200),
        role: z.string().max(100).optional(),
        grants: grantsInput.optional(),
        lifetimeS: z.number().int().optional(),
      }),
    )
    .mutation(({ ctx, input }) => createToken(ctx.config, input)),
  revoke: procedure
    .input(z.object({ id: z.string().max(100) }))
    .mutation(({ ctx, input }) => revokeToken(ctx.config, input.id)),
});
